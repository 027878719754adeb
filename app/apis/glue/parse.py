"""From a request to what it asks for: checks in the order of the original, then the route (spec §1, §2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs

from app.apis.glue.checks import check
from app.apis.glue.errors import NoEncoder, RouteNotFound, SkuMissing
from app.apis.glue.headers import Cors, named_format
from app.apis.glue.match import Target, asks_for_version, main_type, match, split_target
from app.apis.glue.query import Query, read_query


@dataclass(frozen=True, slots=True)
class Address:
    """A request's target, taken apart once: the path as it was sent, and what its query says."""

    path: str
    query: Query


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a product or its sets. `sku` is the target's own."""

    target: Target
    sku: str
    query: Query


def address_of(raw_target: str) -> Address:
    path, query = split_target(raw_target)
    return Address(path, read_query(query))


def admit(method: str, address: Address, headers: Mapping[str, str], cors: Cors) -> None:
    """Raises Refused or NoEncoder for what is answered in text before any route is looked at."""
    check(method, headers, address.query, main_type(address.path), cors)
    accepted = named_format(headers.get(hdrs.ACCEPT))
    if accepted and accepted.lower() != "json":
        raise NoEncoder(accepted)


def parse(method: str, address: Address, headers: Mapping[str, str]) -> Asked:
    """Raises RouteNotFound, or SkuMissing where a route lacks the one thing that it needs."""
    target = match(address.path)
    if target is None or method != hdrs.METH_GET or asks_for_version(headers.get(hdrs.CONTENT_TYPE)):
        raise RouteNotFound(address.path)
    if target.sku is None:
        raise SkuMissing(address.path)
    return Asked(target, target.sku, address.query)
