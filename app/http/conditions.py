"""Conditional and range requests, RFC 9110 §13 and §14, as pure functions over headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate
from typing import Final, Literal, Protocol

from aiohttp import hdrs

Precondition = Literal["send", "not_modified", "failed"]

_ETAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\uffff]*")')
_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)

CONDITIONAL: Final = (
    hdrs.IF_NONE_MATCH,
    hdrs.RANGE,
    hdrs.IF_MODIFIED_SINCE,
    hdrs.IF_MATCH,
    hdrs.IF_UNMODIFIED_SINCE,
)
"""The headers without which a request gets the whole representation."""


class Validators(Protocol):
    """What tells one version of a representation from another."""

    @property
    def etag(self) -> str:
        """Strong, in quotes."""
        ...

    @property
    def modified(self) -> int | None:
        """In whole seconds since 1970."""
        ...


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes `[start, end)`."""

    start: int
    end: int


def evaluate(headers: Mapping[str, str], current: Validators) -> Precondition:
    """What a GET or HEAD gets, in the order of precedence of RFC 9110 §13.2.2."""
    if (tags := headers.get(hdrs.IF_MATCH)) is not None:
        if not _matches(tags, current.etag, weakly=False):
            return "failed"
    elif _changed_since(headers.get(hdrs.IF_UNMODIFIED_SINCE), current.modified) is True:
        return "failed"
    if (tags := headers.get(hdrs.IF_NONE_MATCH)) is not None:
        return "not_modified" if _matches(tags, current.etag, weakly=True) else "send"
    if _changed_since(headers.get(hdrs.IF_MODIFIED_SINCE), current.modified) is False:
        return "not_modified"
    return "send"


def requested_part(headers: Mapping[str, str], current: Validators, size: int) -> ByteRange | Literal["whole", "none"]:
    """The part of `size` bytes that a GET asks for; "none" if it cannot be had (416).

    Several ranges, ranges in other units and malformed ones get the whole, which the RFC allows.
    """
    asked = headers.get(hdrs.RANGE)
    if asked is None or not _if_range_holds(headers.get(hdrs.IF_RANGE), current):
        return "whole"
    match = _RANGE.fullmatch(asked.strip())
    if match is None or match.groups() == ("", ""):
        return "whole"
    return _part(match[1], match[2], size)


def _part(first: str, last: str, size: int) -> ByteRange | Literal["whole", "none"]:
    if not first:
        if int(last) and not size:
            return "whole"
        return ByteRange(max(0, size - int(last)), size) if int(last) else "none"
    start = int(first)
    if last and int(last) < start:
        return "whole"
    if start >= size:
        return "none"
    return ByteRange(start, min(int(last) + 1, size) if last else size)


def _matches(tags: str, etag: str, *, weakly: bool) -> bool:
    if tags == etag or tags.strip() == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _ETAG.findall(tags))


def _if_range_holds(condition: str | None, current: Validators) -> bool:
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == current.etag
    return current.modified is not None and parse_date(condition) == current.modified


def _changed_since(date: str | None, modified: int | None) -> bool | None:
    """None if the question was not asked, or cannot be answered."""
    asked = parse_date(date)
    return None if asked is None or modified is None else modified > asked


def parse_date(text: str | None) -> int | None:
    """Seconds since 1970 of an HTTP date in any of its three forms; None if it is none."""
    fields = parsedate(text) if text else None
    if fields is None:
        return None
    try:
        return int(datetime(*fields[:6], tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None
