"""Requests as they go over the wire."""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Final
from urllib.parse import quote

from app.service.catalogue.oauth import IssuedToken

HOST: Final = "shop.example"


def get(path: str, **headers: str) -> bytes:
    """A GET; names of headers with `_` for `-`."""
    return _request("GET", path, headers)


def post(path: str, body: bytes, **headers: str) -> bytes:
    return _request("POST", path, {"Content-Length": str(len(body)), **headers}) + body


def _request(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {"Host": HOST, **headers}.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


class Signer:
    """OAuth 1.0a headers with HMAC-SHA1, a fresh nonce each, made fast enough to have thousands in hand."""

    def __init__(self, credentials: IssuedToken) -> None:
        self._credentials = credentials
        self._key = f"{credentials.consumer_secret}&{credentials.token_secret}".encode()
        self._nonce = secrets.randbits(100)  # whoever signed for the same token before began elsewhere

    def __call__(self, method: str, path: str, **changed: str | None) -> str:
        """The Authorization header of a request without a query. Parameters that are `changed` are signed as they are
        sent; None leaves one out."""
        self._nonce += 1
        given = self._credentials
        usual: dict[str, str | None] = {
            "oauth_consumer_key": given.consumer_key,
            "oauth_nonce": f"{self._nonce:032x}",
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(time.time())),
            "oauth_token": given.token,
            "oauth_version": "1.0",
        }
        parameters = {name: value for name, value in (usual | changed).items() if value is not None}
        pairs = "&".join(f"{name}={value}" for name, value in parameters.items())
        base = "&".join((method, quote(f"http://{HOST}{path}", safe=""), quote(pairs, safe="")))
        signature = base64.b64encode(hmac.digest(self._key, base.encode(), hashlib.sha1)).decode()
        parameters["oauth_signature"] = quote(signature, safe="")
        return "OAuth " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())
