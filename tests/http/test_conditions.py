"""Conditional and range requests as RFC 9110 has them."""

from dataclasses import dataclass
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from app.http.conditions import ByteRange, evaluate, parse_date, requested_part

NOW = 1_700_000_000


@dataclass(frozen=True)
class Version:
    etag: str = '"abc"'
    modified: int | None = NOW


def date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, "send"),
        ({"If-None-Match": '"abc"'}, "not_modified"),
        ({"If-None-Match": 'W/"abc"'}, "not_modified"),
        ({"If-None-Match": '"x", W/"y" ,"abc"'}, "not_modified"),
        ({"If-None-Match": "*"}, "not_modified"),
        ({"If-None-Match": '"abcd"'}, "send"),
        ({"If-None-Match": "abc"}, "send"),
        ({"If-None-Match": '"x, "abc'}, "send"),
        ({"If-None-Match": '"abcd"', "If-Modified-Since": date(NOW)}, "send"),
        ({"If-Modified-Since": date(NOW)}, "not_modified"),
        ({"If-Modified-Since": date(NOW + 5)}, "not_modified"),
        ({"If-Modified-Since": date(NOW - 1)}, "send"),
        ({"If-Modified-Since": "yesterday"}, "send"),
        ({"If-Match": '"abc"'}, "send"),
        ({"If-Match": "*"}, "send"),
        ({"If-Match": 'W/"abc"'}, "failed"),
        ({"If-Match": '"x"', "If-None-Match": '"abc"'}, "failed"),
        ({"If-Match": '"abc"', "If-None-Match": '"abc"'}, "not_modified"),
        ({"If-Unmodified-Since": date(NOW - 1)}, "failed"),
        ({"If-Unmodified-Since": date(NOW)}, "send"),
        ({"If-Match": '"abc"', "If-Unmodified-Since": date(NOW - 1)}, "send"),
    ],
)
def test_conditions_are_evaluated_in_the_order_of_the_rfc(headers: dict[str, str], outcome: str) -> None:
    """A request gets what its conditions, in their order of precedence, ask for."""
    assert evaluate(CIMultiDict(headers), Version()) == outcome


def test_dates_decide_nothing_where_none_is_known() -> None:
    """Without a date of last modification no date condition holds or fails."""
    undated = Version(modified=None)

    assert evaluate({"If-Modified-Since": date(NOW)}, undated) == "send"
    assert evaluate({"If-Unmodified-Since": date(0)}, undated) == "send"
    assert requested_part({"Range": "bytes=0-1", "If-Range": date(NOW)}, undated, 9) == "whole"


@pytest.mark.parametrize(
    ("asked", "size", "part"),
    [
        ("bytes=0-0", 10, ByteRange(0, 1)),
        ("bytes=2-5", 10, ByteRange(2, 6)),
        ("bytes=2-", 10, ByteRange(2, 10)),
        ("bytes=-3", 10, ByteRange(7, 10)),
        ("bytes=-99", 10, ByteRange(0, 10)),
        ("bytes=0-99", 10, ByteRange(0, 10)),
        ("Bytes = 1-2 ", 10, ByteRange(1, 3)),
        ("bytes=10-", 10, "none"),
        ("bytes=-0", 10, "none"),
        ("bytes=0-", 0, "none"),
        ("bytes=-5", 0, "whole"),
        ("bytes=5-2", 10, "whole"),
        ("bytes=0-1,4-5", 10, "whole"),
        ("bytes=-", 10, "whole"),
        ("items=0-1", 10, "whole"),
        ("bytes=1", 10, "whole"),
        ("bytes=a-b", 10, "whole"),
        ("bytes=٣-٤", 10, "whole"),
    ],
)
def test_a_range_is_cut_refused_or_ignored(asked: str, size: int, part: object) -> None:
    """A single range is cut to the size, an impossible one refused, any other ignored."""
    assert requested_part({"Range": asked}, Version(), size) == part


@given(first=st.integers(0, 40), last=st.integers(0, 40), size=st.integers(0, 30))
def test_a_range_is_a_slice(first: int, last: int, size: int) -> None:
    """Whatever range is asked for, what is sent is the slice that it names."""
    content = bytes(range(size))

    part = requested_part({"Range": f"bytes={first}-{last}"}, Version(), size)

    expected = content[first : last + 1]
    if isinstance(part, ByteRange):
        assert content[part.start : part.end] == expected != b""
    else:
        assert part == ("whole" if last < first else "none")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [('"abc"', True), ('W/"abc"', False), ('"x"', False), (date(NOW), True), (date(NOW + 1), False), ("x", False)],
)
def test_a_range_of_another_version_gets_the_whole(condition: str, holds: bool) -> None:
    """A range is honoured only if the version that it continues is still the current one."""
    part = requested_part({"Range": "bytes=0-1", "If-Range": condition}, Version(), 10)

    assert part == (ByteRange(0, 2) if holds else "whole")


@given(
    names=st.dictionaries(
        st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"]),
        st.text(max_size=60) | st.from_regex(r'(W/)?"[a-c]*"(, ?"[a-c]*")*') | st.from_regex(r"bytes=[0-9, -]*"),
    ),
    size=st.integers(0, 100),
)
def test_no_header_does_harm(names: dict[str, str], size: int) -> None:
    """Whatever the headers hold, there is an outcome and a part inside the body."""
    headers = CIMultiDict(names)

    assert evaluate(headers, Version()) in {"send", "not_modified", "failed"}
    part = requested_part(headers, Version(), size)
    assert part in {"whole", "none"} or (isinstance(part, ByteRange) and 0 <= part.start < part.end <= size)


@given(st.integers(0, 2**33))
def test_dates_are_read_as_they_are_written(seconds: int) -> None:
    """A date survives being written and read."""
    assert parse_date(date(seconds)) == seconds
