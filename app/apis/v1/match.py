"""Which operations a raw path has. A SKU is one percent-encoded segment; a slash at the end is another path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.apis.v1.call import Row
from app.percent import decoded_bytes


@dataclass(slots=True)
class _Node:
    """Where a path has come to: the segments that may follow, one that may be anything, and the rows that end here."""

    named: dict[str, "_Node"] = field(default_factory=dict)
    any: "_Node | None" = None
    rows: dict[str, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A routed path: its rows by method, and the decoded segments by name."""

    pattern: str
    rows: Mapping[str, Row]
    params: Mapping[str, str]

    def row(self, method: str) -> Row | None:
        """HEAD is where GET is."""
        return self.rows.get("GET" if method == "HEAD" else method)

    @property
    def is_open(self) -> bool:
        """Whether everybody may ask, without a key: then pages of all origins may, too."""
        return all(row.role is None for row in self.rows.values())

    @property
    def allow(self) -> str:
        methods = [*self.rows, "OPTIONS"] + (["HEAD"] if "GET" in self.rows else [])
        return ", ".join(sorted(methods))


class Table:
    """All rows, found by path at a cost that hangs on its length alone."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._root = _Node()
        for row in rows:
            self._add(row)

    def find(self, raw_path: str) -> Place | None:
        """None where nothing is routed, and where a segment is no text."""
        segments = raw_path.split("/")[1:]
        node = _reached(self._root, segments)
        if node is None:
            return None
        pattern = next(iter(node.rows.values())).pattern
        params = _params(pattern, segments)
        return None if params is None else Place(pattern, node.rows, params)

    def route_of(self, raw_path: str) -> str | None:
        """The route's pattern, None where nothing is routed."""
        place = self.find(raw_path)
        return place.pattern if place else None

    def _add(self, row: Row) -> None:
        node = self._root
        for segment in row.pattern.split("/")[1:]:
            if not segment.startswith("{"):
                node = node.named.setdefault(segment, _Node())
                continue
            node.any = node.any or _Node()
            node = node.any
        node.rows[row.method] = row


def _reached(node: _Node, segments: list[str]) -> _Node | None:
    """A segment by its name comes before one that may be anything."""
    if not segments:
        return node if node.rows else None
    first, *rest = segments
    if (named := node.named.get(first)) is not None and (found := _reached(named, rest)) is not None:
        return found
    return _reached(node.any, rest) if node.any is not None and first else None


def _params(pattern: str, segments: list[str]) -> Mapping[str, str] | None:
    found = {}
    for name, segment in zip(pattern.split("/")[1:], segments, strict=True):
        if name.startswith("{"):
            text = _decoded(segment)
            if text is None:
                return None
            found[name.strip("{}")] = text
    return found


def _decoded(segment: str) -> str | None:
    """None for what is no UTF-8 once decoded, and for NUL: no name has it."""
    try:
        text = decoded_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text
