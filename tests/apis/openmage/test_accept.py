import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.openmage.accept import negotiate
from app.apis.openmage.errors import OpenMageError


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "xml"),
        ("  ", "xml"),
        ("*/*", "xml"),
        ("text/xml", "xml"),
        ("application/xml", "xml"),
        ("application/xhtml+xml", "xml"),
        ("application/json", "json"),
        ("application/*", "json"),
        ("text/plain", "query"),
        ("text/*", "query"),
        ("Application/JSON", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "xml"),
        ("application/json;q=0.5, application/xml;q=0.6", "xml"),
        ("application/json, application/xml", "json"),
        ("application/xml;q=0.5,application/json;q=0.5", "xml"),
        ("application/xml;q=0.9,application/json;charset=utf-8", "json"),
        ("application/json;charset=utf-8;q=0.1,application/xml;q=0.9", "json"),
        ("image/png,application/json;q=0.1", "json"),
        ("application/json;q=nan,text/xml;q=0.5", "json"),
        ("application/json;q=much,text/xml;q=0.5", "json"),
        ("application/json; Q=0.2, text/xml; q=0.3", "xml"),
        (",,application/json", "json"),
        ("image/gif, *; q=.2, */*; q=.2", "xml"),
    ],
)
def test_the_first_of_the_best_that_is_on_offer_wins(accept: str, expected: str) -> None:
    """Of the types wanted most, the first that is on offer wins."""
    assert negotiate(accept) == expected


@pytest.mark.parametrize(("accept", "expected"), [("*/*", "json"), ("", "xml"), ("text/xml,*/*", "xml")])
def test_the_wildcard_may_stand_for_json(accept: str, expected: str) -> None:
    """The setting for the wildcard changes that and nothing else."""
    assert negotiate(accept, "json") == expected


@pytest.mark.parametrize("accept", ["image/png", "text/html", "nonsense", "*", "text/xml2", ";q=1"])
def test_nothing_acceptable_is_a_406(accept: str) -> None:
    """A client that accepts nothing on offer is told so."""
    with pytest.raises(OpenMageError) as caught:
        negotiate(accept)
    assert [message.status for message in caught.value.messages] == [406]


TYPES = {"application/json": "json", "application/xml": "xml", "text/plain": "query", "image/png": None}


@given(st.lists(st.tuples(st.sampled_from(sorted(TYPES)), st.integers(0, 10)), min_size=1, max_size=6))
def test_the_greatest_weight_wins_and_order_breaks_ties(entries: list[tuple[str, int]]) -> None:
    """Whatever the header, the supported type of the greatest weight wins, the first of equals."""
    accept = ", ".join(f"{media_type};q={weight / 10}" for media_type, weight in entries)
    offered = [(weight, TYPES[media_type]) for media_type, weight in entries if TYPES[media_type]]
    if not offered:
        with pytest.raises(OpenMageError):
            negotiate(accept)
        return
    best = max(weight for weight, _ in offered)
    assert negotiate(accept) == next(found for weight, found in offered if weight == best)


@given(st.text())
def test_no_header_breaks_the_negotiation(accept: str) -> None:
    """Any text gives a format or the 406."""
    with contextlib.suppress(OpenMageError):
        assert negotiate(accept) in ("xml", "json", "query")
