"""The query string as PHP reads it, and what this dialect takes from it (spec §3.1, §4, §7)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app import percent
from app.apis.php.table import Table

Value = str | dict[str, "Value"]
"""A parameter: its last value, or a table of parameters in order of first appearance."""

_MAX_DEPTH: Final = 64  # PHP drops a parameter nested deeper than that
_MOST_VARIABLES: Final = 1000  # PHP reads no more of them
_PHP_BLANKS: Final = " \t\n\r\0\x0b"
_INTEGER: Final = re.compile(r"[ \t\n\r\v\0]*[+-]?(0|[1-9][0-9]{0,18})[ \t\n\r\v\0]*", re.ASCII)


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
    parameters = parse(raw)
    return Query(
        echo="&".join(f"{name}={value}" for name, value in _flat(parameters)),
        fields=_fields(parameters.get("fields")),
        include=_include(parameters.get("include")),
        page_is_sane=_page_is_sane(parameters.get("page")),
    )


def parse(raw: str) -> dict[str, Value]:
    """The parameters in order of first appearance; later values replace earlier ones."""
    parameters: dict[str, Value] = {}
    for pair in [pair for pair in raw.split("&") if pair][:_MOST_VARIABLES]:
        name, _, value = pair.partition("=")
        _register(parameters, _decoded(name), _decoded(value))
    return parameters


def percent_decoded(text: str) -> str:
    """What is no UTF-8 once decoded becomes U+FFFD, so that the result can always be written again."""
    return percent.decoded_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


def _decoded(text: str) -> str:
    return percent_decoded(text.replace("+", " "))


def _register(parameters: dict[str, Value], name: str, value: str) -> None:
    name, keys = _path(name.lstrip(" "))
    if not name:
        return
    if len(keys) >= _MAX_DEPTH:
        parameters.pop(name, None)
        return
    table, last = parameters, name
    for key in keys:
        inner = table.get(last)
        if not isinstance(inner, Table):
            inner = table[last] = Table()
        table, last = inner, inner.next_index() if key is None else key
    table[last] = value


def _path(name: str) -> tuple[str, list[str | None]]:
    """`a.b[c][]` → `a_b` and [c, None]; None stands for the next free number."""
    head, bracket, rest = name.partition("[")
    head = _underscored(head)
    if not head:
        return "", []
    keys: list[str | None] = []
    while bracket:
        key, closing, rest = rest.partition("]")
        if not closing:
            break
        keys.append(key if key.strip(" \t\n\r\v\f") or len(key) > 1 else None)
        # What stands behind a closing bracket is lost unless it opens the next one.
        bracket, rest = rest[:1] if rest.startswith("[") else "", rest[1:]
    if bracket and not keys:
        return f"{head}_{_underscored(key)}", []
    return head, keys


def _underscored(name: str) -> str:
    return name.replace(".", "_").replace(" ", "_").replace("[", "_")


def _flat(table: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value


def _fields(value: Value | None) -> Mapping[str, frozenset[str]]:
    if not isinstance(value, dict):
        return {}
    return {kind: frozenset(names.split(",")) for kind, names in value.items() if isinstance(names, str)}


def _include(value: Value | None) -> frozenset[str]:
    if not isinstance(value, str):
        return frozenset()
    return frozenset(value.strip(_PHP_BLANKS).split(","))


def _page_is_sane(page: Value | None) -> bool:
    if not isinstance(page, dict) or not {"limit", "offset"} & page.keys():
        return True
    limit = _integer(page.get("limit", ""))
    offset = _integer(page.get("offset", "0"))
    return limit is not None and limit > 0 and offset is not None


def _integer(value: Value) -> int | None:
    return int(value.strip(_PHP_BLANKS)) if isinstance(value, str) and _INTEGER.fullmatch(value) else None
