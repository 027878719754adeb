"""Who calls. Source: spree.md, sections 3 and 4.

The order counts: the user is loaded first, then an order token refused to anybody but an admin,
and only then a missing or unknown key.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.access.accounts import ApiKey
from app.apis.spree.errors import KeyMissing, KeyUnknown, Unauthorised
from app.service.pictures.file_names import scrubbed

FindKey = Callable[[str], Awaitable[ApiKey | None]]
"""From the text of an API key to its account; None for one that is unknown or revoked."""

_BEARER: Final = re.compile(r"bearer +(\S*) *", re.IGNORECASE)
KEY_HEADER: Final = "X-Spree-Token"
ORDER_HEADER: Final = "X-Spree-Order-Token"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says of its caller: the key (blank where none) and whether it names an order."""

    key: str
    order: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """`key`: an admin's."""

    key: ApiKey | None = None

    @property
    def admin(self) -> bool:
        return self.key is not None


ANONYMOUS: Final = Caller()


def header_key(headers: Mapping[str, str], *, bearer: bool) -> str | None:
    """The key of a header, even an empty one; `bearer`: `Authorization` may have it where the usual header is not."""
    key = headers.get(KEY_HEADER)
    if key is None and bearer and (found := _BEARER.fullmatch(headers.get("Authorization", ""))):
        return found[1]
    return key


def credentials(headers: Mapping[str, str], params: Mapping[str, Any], *, bearer: bool = False) -> Credentials:
    """The key of the header where one was sent, even an empty one, else of the parameter."""
    header = header_key(headers, bearer=bearer)
    key = _text(params.get("token")) if header is None else header
    order = headers.get(ORDER_HEADER) or _text(params.get("order_token"))
    return Credentials(scrubbed(key), bool(order.strip()))


async def authenticate(given: Credentials, find_key: FindKey, *, required: bool) -> Caller:
    """The caller, or `Unauthorised`. There are no orders here, so every order token is wrong."""
    blank = not given.key.strip()
    key = None if blank else await find_key(given.key)
    if key is not None and key.role == "admin":
        return Caller(key)
    if given.order:
        raise Unauthorised
    if not blank and key is None:
        raise KeyUnknown(given.key)
    if blank and required:
        raise KeyMissing
    return ANONYMOUS


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
