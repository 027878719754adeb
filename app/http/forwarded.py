"""What a trusted proxy says of a request: for whom it was sent, with which scheme, to which host.

There are two families of headers for that, and a proxy writes one of them; whatever stands in the other came from
anybody. So one is believed, by the setting `forwarded_headers`. Of several values the last one counts: it is the
one that the neighbour wrote. A port belongs to the host: `X-Forwarded-Port` would be another spelling of the same fact.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from aiohttp import hdrs
from multidict import MultiMapping

Family = Literal["x-forwarded", "forwarded"]

HEADERS: Final[Mapping[Family, frozenset[bytes]]] = {
    "x-forwarded": frozenset((b"x-forwarded-proto", b"x-forwarded-host")),
    "forwarded": frozenset((b"forwarded",)),
}
"""The headers of each family that say where the client has sent a request, in lower case."""

_PAIR: Final = re.compile(
    r'(?P<name>proto|host|for)\s*=\s*(?:"(?P<quoted>[^"\\]*)"|(?P<token>[^\s;,"]+))', re.IGNORECASE
)


class AskedAt(NamedTuple):
    """`host` may have a port. None: the proxy does not say."""

    scheme: str | None
    host: str | None


def asked_at(headers: MultiMapping[str], family: Family) -> AskedAt:
    """Where the nearest proxy was asked for a request."""
    if family == "forwarded":
        pairs = _pairs(next(iter(_elements(headers)), ""))
        return AskedAt(pairs.get("proto"), pairs.get("host"))
    return AskedAt(_last(headers, hdrs.X_FORWARDED_PROTO), _last(headers, hdrs.X_FORWARDED_HOST))


def hops(headers: MultiMapping[str], family: Family) -> list[str]:
    """Who the proxies on the way were asked by, addresses without their ports; the nearest one's is first, and empty
    where it hides it."""
    if family == "forwarded":
        named = [_pairs(element).get("for", "") for element in _elements(headers)]
    else:
        named = ",".join(headers.getall(hdrs.X_FORWARDED_FOR, ())).split(",")[::-1]
    return [_without_port(hop.strip()) for hop in named]


def _elements(headers: MultiMapping[str]) -> list[str]:
    """The elements of `Forwarded`, RFC 7239 §4, the last one first. They are cut from the end, since there the
    neighbour has written: a quote that a client left open must not swallow it."""
    elements, behind, is_open = [], "", False
    for piece in reversed(",".join(headers.getall(hdrs.FORWARDED, ())).split(",")):
        behind = f"{piece},{behind}" if is_open else piece
        is_open ^= piece.count('"') % 2 == 1
        if not is_open:
            elements.append(behind)
    return elements


def _pairs(element: str) -> dict[str, str]:
    return {pair["name"].lower(): pair["token"] or pair["quoted"] or "" for pair in _PAIR.finditer(element)}


def _last(headers: MultiMapping[str], header: str) -> str | None:
    values = headers.getall(header, ())
    return (values[-1].rpartition(",")[2].strip() or None) if values else None


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
