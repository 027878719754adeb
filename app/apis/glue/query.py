"""What this dialect takes from a query string (spec §3.1, §4, §7)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.apis.php.query import MOST_VARIABLES, Parameter, Parameters, parse_query
from app.apis.php.values import trim, valid_int
from app.percent import decoded_plus, readable

_READ: Final = re.compile(r"include|fields\[[^\[\]\0\s]+\]|page\[(?:limit|offset)\]")


@dataclass(frozen=True, slots=True)
class Query:
    """`echo` is the query as links repeat it, without `?`; `fields` the attributes kept per resource type;
    `include` the names asked for; `page_is_sane` whether `page[…]` passes."""

    echo: str
    fields: Mapping[str, frozenset[str]]
    include: frozenset[str]
    page_is_sane: bool


@lru_cache(maxsize=1024)
def read_query(raw: str) -> Query:
    """`raw` is the query string as it was sent, without `?`."""
    parameters = parse_query(raw)
    return Query(
        echo="&".join(f"{name}={value}" for name, value in _flat(parameters)),
        fields=_fields(parameters.get("fields")),
        include=_include(parameters.get("include")),
        page_is_sane=_page_is_sane(parameters.get("page")),
    )


def is_read(raw: str) -> bool:
    """Whether all that a query string says counts here, which is nothing that is secret: no name that PHP drops, wholly
    or in part, none beyond those that it reads, and none twice."""
    names = [readable(decoded_plus(pair.partition("=")[0])) for pair in raw.split("&") if pair]
    is_all = len(names) <= MOST_VARIABLES and len(names) == len(set(names))
    return is_all and all(map(_READ.fullmatch, names))


def _flat(table: Parameters, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value


def _fields(value: "Parameter | None") -> Mapping[str, frozenset[str]]:
    if not isinstance(value, dict):
        return {}
    return {kind: frozenset(names.split(",")) for kind, names in value.items() if isinstance(names, str)}


def _include(value: "Parameter | None") -> frozenset[str]:
    if not isinstance(value, str):
        return frozenset()
    return frozenset(trim(value).split(","))


def _page_is_sane(page: "Parameter | None") -> bool:
    if not isinstance(page, dict) or not {"limit", "offset"} & page.keys():
        return True
    limit = _integer(page.get("limit", ""))
    offset = _integer(page.get("offset", "0"))
    return limit is not None and limit > 0 and offset is not None


def _integer(value: Parameter) -> int | None:
    return valid_int(value) if isinstance(value, str) else None
