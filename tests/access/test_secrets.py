import hashlib
import re

import pytest

from app.access.secrets import SecretBox, hash_key, make_api_key, make_token
from app.errors import Misconfigured


def test_a_sealed_secret_opens_for_its_owner() -> None:
    """A sealed secret opens again, under the same key and for the same owner."""
    sealed = SecretBox("key").seal("secret", "owner")
    assert b"secret" not in sealed
    assert SecretBox("key").open(sealed, "owner") == "secret"


def test_what_the_former_key_sealed_opens_while_keys_change() -> None:
    """With the former key at hand old secrets open, and new ones are sealed with the new key alone."""
    box = SecretBox("new", former="old")
    assert box.open(SecretBox("old").seal("secret", "owner"), "owner") == "secret"
    assert SecretBox("new").open(box.seal("secret", "owner"), "owner") == "secret"
    with pytest.raises(Misconfigured):
        SecretBox("old").open(box.seal("secret", "owner"), "owner")


def test_equal_secrets_are_sealed_differently() -> None:
    """Whoever reads the table cannot tell that two secrets are equal."""
    box = SecretBox("key")
    assert box.seal("secret", "owner") != box.seal("secret", "owner")


@pytest.mark.parametrize(
    ("key", "owner", "cut"), [("other", "owner", None), ("key", "thief", None), ("key", "owner", 10)]
)
def test_a_sealed_secret_opens_for_nobody_else(key: str, owner: str, cut: int | None) -> None:
    """Another key, another owner or damaged bytes are reported as a configuration error."""
    sealed = SecretBox("key").seal("secret", "owner")[:cut]
    with pytest.raises(Misconfigured):
        SecretBox(key).open(sealed, owner)


def test_tokens_and_api_keys_are_random_lower_case_hex() -> None:
    """Tokens have 32 and API keys 48 lower-case hex digits, never the same ones."""
    assert re.fullmatch("[0-9a-f]{32}", make_token())
    assert re.fullmatch("[0-9a-f]{48}", make_api_key())
    assert make_token() != make_token()


def test_of_an_api_key_only_the_digest_is_kept() -> None:
    """An API key is looked up by its SHA-256, whatever bytes a header held."""
    assert hash_key("abc") == hashlib.sha256(b"abc").digest()
    assert hash_key("\udcff") == hashlib.sha256(b"\xff").digest()
