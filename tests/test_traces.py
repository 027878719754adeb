"""A `traceparent` is believed only as far as it is one."""

import pytest

from app.traces import TRACE, Trace, Unrecorded, carried, trace_of

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
KNOWN = Trace(TRACE_ID, SPAN_ID, True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([f"00-{TRACE_ID}-{SPAN_ID}-01"], KNOWN),
        ([f"00-{TRACE_ID}-{SPAN_ID}-00"], KNOWN._replace(is_sampled=False)),
        ([f"00-{TRACE_ID}-{SPAN_ID}-ff"], KNOWN),
        ([f"cc-{TRACE_ID}-{SPAN_ID}-01-what-comes-later"], KNOWN),
        ([f"00-{TRACE_ID}-{SPAN_ID}-01-more"], None),
        ([f"cc-{TRACE_ID}-{SPAN_ID}-01more"], None),
        ([f"ff-{TRACE_ID}-{SPAN_ID}-01"], None),
        ([f"00-{'0' * 32}-{SPAN_ID}-01"], None),
        ([f"00-{TRACE_ID}-{'0' * 16}-01"], None),
        ([f"00-{TRACE_ID.upper()}-{SPAN_ID}-01"], None),
        ([f"00-{TRACE_ID}-{SPAN_ID}"], None),
        ([f"00-{TRACE_ID[:-1]}'-{SPAN_ID}-01"], None),
        ([f" 00-{TRACE_ID}-{SPAN_ID}-01\n"], None),
        ([f"00-{TRACE_ID[:-1]}٣-{SPAN_ID}-01"], None),
        ([f"00-{TRACE_ID}-{SPAN_ID}-01"] * 2, None),
        ([""], None),
        ([], None),
    ],
)
def test_what_is_no_traceparent_is_none(headers: list[str], expected: Trace | None) -> None:
    """Letters in lower case, no zeros alone, one header, and nothing behind it in the version that is known."""
    assert trace_of(headers) == expected


def test_a_trace_is_passed_on_for_as_long_as_something_belongs_to_it() -> None:
    """Also where nobody records it; flags that nobody knows are not passed on."""
    with Unrecorded().span("anything", "server", trace_of([f"00-{TRACE_ID}-{SPAN_ID}-ff"])) as note:
        note("what", 1)
        assert carried() == {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}
    assert TRACE.get() is None
    assert carried() == {}
