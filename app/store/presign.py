"""Addresses of objects that their bucket's owner signed: AWS Signature Version 4, in the query.

The SDK takes a millisecond to write one, which is most of what reading an object costs.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from yarl import URL

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SECONDS: Final = 900
"""For which an address is good: it is used at once, but clocks differ."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs. `token` belongs to credentials of a role, which are good for some hours."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Presigner:
    """For objects below `base`, a URL that ends in a slash."""

    def __init__(self, base: str, region: str) -> None:
        self._base = URL(base, encoded=True)
        self._region = region

    def get(self, key: str, by: Signatory, at: datetime) -> URL:
        """Where `key` can be read from with a GET, whichever part of it is asked for; `at` in UTC."""
        stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
        scope = f"{day}/{self._region}/s3/aws4_request"
        path = self._base.raw_path + key  # of letters that need no escape, see `keys.checked_key`
        query = _query(
            {
                "X-Amz-Algorithm": _ALGORITHM,
                "X-Amz-Credential": f"{by.access_key}/{scope}",
                "X-Amz-Date": stamp,
                "X-Amz-Expires": str(_SECONDS),
                **({"X-Amz-Security-Token": by.token} if by.token else {}),
                "X-Amz-SignedHeaders": "host",
            }
        )
        host = self._base.host_port_subcomponent
        request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = _hmac(_signing_key(by.secret_key, day, self._region), to_sign).hex()
        return URL(f"{self._base.origin()}{path}?{query}&X-Amz-Signature={signature}", encoded=True)


def _query(parameters: Mapping[str, str]) -> str:
    """The parameters come in the order in which they are signed, by name."""
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())


@lru_cache(maxsize=4)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
