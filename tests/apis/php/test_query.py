"""Query strings, beyond the answers that were recorded."""

from hypothesis import given
from hypothesis import strategies as st

from app.apis.php.query import build_query, parse_query


def test_parameters_beyond_a_thousand_are_ignored() -> None:
    """A flood of parameters costs no more than a thousand of them."""
    assert len(parse_query("&".join(f"k{number}=1" for number in range(5000)))) == 1000


@given(st.text(max_size=40))
def test_any_query_is_read_as_text(query: str) -> None:
    """Any text at all is read, and what comes of it can be written as UTF-8."""
    assert str(parse_query(query)).encode()


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" .[\0"), min_size=1)


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]))))
def test_what_was_built_is_read_again(values: dict[str, str]) -> None:
    """A query that was built of names and values is read as these, in their order."""
    assert list(parse_query(build_query(values.items())).items()) == list(values.items())
