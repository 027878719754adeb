"""Keys and secrets: made at random, kept so that a copy of the database alone is worth nothing."""

import hashlib
import os
import secrets
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Misconfigured

_PURPOSE: Final = b"product-images: secrets at rest"
_NONCE_BYTES: Final = 12


class SecretBox:
    """Encrypts OAuth secrets with a key derived from the setting `SECRET_KEY` (HKDF-SHA256, AES-256-GCM). What was
    sealed under the `former` key opens, too, while one takes the other's place."""

    def __init__(self, secret_key: str, former: str = "") -> None:
        self._ciphers = [_cipher(key) for key in (secret_key, former) if key]

    def seal(self, secret: str, owner: str) -> bytes:
        """The secret encrypted for its owner, a consumer key or a token: it opens for no other."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """The secret again; Misconfigured where it was sealed under another key or for another owner."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for cipher in self._ciphers:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(nonce, text, owner.encode()).decode()
        raise Misconfigured("A stored secret does not open: was SECRET_KEY changed?")


def _cipher(secret_key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode()))


def make_token() -> str:
    """A new OAuth key, token or secret: 32 lower-case hex digits."""
    return secrets.token_hex(16)


def make_api_key() -> str:
    """A new API key: 48 lower-case hex digits."""
    return secrets.token_hex(24)


def hash_key(api_key: str) -> bytes:
    """What is stored of an API key: its SHA-256, 32 bytes. Keys are random, so no salt is needed."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogateescape")).digest()
