"""Webhooks as they are kept."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from yarl import URL

from app.db.pool import Record
from app.service.feed.kinds import Selection
from app.service.foreign.addresses import allowed_network, parsed
from app.service.foreign.guard import may_connect

LONGEST_URL: Final = 2000
LONGEST_DESCRIPTION: Final = 1000

DisabledReason = Literal["asked", "gone", "failing"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """`read_to` and `bulk_read_to`: up to which row of the log it has been told what people do, and what comes in bulk.
    `succeeded_at`: when it took something last; `failing_since`: since when it takes nothing, None while it does."""

    id: int
    url: str
    types: tuple[str, ...]
    sku_prefix: str | None
    description: str | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    read_to: int
    bulk_read_to: int
    succeeded_at: datetime | None
    failing_since: datetime | None

    @classmethod
    def of(cls, row: Record) -> "Webhook":
        return cls(**{name: row[name] for name in cls.__slots__} | {"types": tuple(row["types"])})

    @property
    def selection(self) -> Selection:
        return Selection(self.types, sku_prefix=self.sku_prefix)

    @property
    def owner(self) -> str:
        """To whom its secrets are sealed."""
        return owner_of(self.id)


def owner_of(webhook: int) -> str:
    """To whom the secrets of the webhook with this id are sealed."""
    return f"webhook {webhook}"


def trouble_with_address(text: str, networks: Sequence[str]) -> str | None:
    """What is wrong with an address to be told at, as a sentence; None where it may do. Names are looked up when
    something is sent. `networks` as the setting FETCH_ALLOWED_NETWORKS has them."""
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:  # also of a host that IDNA cannot decode
        return "It is no URL."
    if url.scheme not in ("http", "https") or not host or not port:
        return "It has to begin with http:// or https:// and a host."
    if url.raw_user is not None or url.raw_password is not None:
        return "It must not hold credentials."
    literal = _literal(host)
    if literal is not None and not may_connect(literal, port, tuple(map(allowed_network, networks))):
        return "It is not a public address."
    return None


def _literal(host: str) -> str | None:
    """The address that a host is, None where it is a name: also one as `inet_aton` reads them, such as `127.1` or
    `0x7f000001`, for so do those who look names up."""
    try:
        parsed(host)
    except ValueError:
        pass
    else:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except (OSError, ValueError):  # the latter of what is no name either
        return None
