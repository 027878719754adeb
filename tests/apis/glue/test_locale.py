"""Which locale is negotiated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.glue.locale import negotiate

DEMO = (("en", "en_US"), ("de", "de_DE"))

TAGS = st.sampled_from(["de", "en", "fr", "*", "de-AT", "en-Latn-GB", "xx-*", "DE", "de_DE", "a-b-c-d", ""])
QUALITIES = st.sampled_from(["", ";q=0", ";q=0.5", ";q=1", "; q = 0.9", ";level=1", ";q=x"])
HEADERS = st.lists(st.tuples(TAGS, QUALITIES).map("".join)).map(",".join)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en_US"),
        ("", "en_US"),
        ("0", "en_US"),
        ("de", "de_DE"),
        ("DE", "de_DE"),
        ("de-DE", "de_DE"),
        ("de-AT", "de_DE"),
        ("de-Latn-AT", "de_DE"),
        ("de-Latn-AT-x", "en_US"),
        ("de_DE", "en_US"),
        ("fr", "en_US"),
        ("xx-*", "en_US"),
        (",", "en_US"),
        ("*", "en_US"),
        ("de;q=0", "de_DE"),
        ("de,en", "en_US"),
        ("en;q=0.2,de;q=0.9", "de_DE"),
        ("fr;q=1,de;q=0.1", "de_DE"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de_DE"),
        ("*;q=0.5,de", "de_DE"),
        (" , de ;q=0.4 , en;q=0.3", "de_DE"),
        ("de;q=nonsense,en;q=0.1", "en_US"),
        ("de;level=3,en;q=0.9", "de_DE"),
        ("de;q,en;q=0.9", "de_DE"),
        ("de;q=,en;q=0.1", "en_US"),
        ("de;q=1e-2,en;q=0.1", "en_US"),
        ("de;q=0.1;q=0.9,en;q=0.5", "de_DE"),
        ("de;q=0.1,de-AT;q=1,en;q=0.5", "en_US"),
        ("de-AT;q=0.3,de-CH;q=1,en;q=0.5", "en_US"),
    ],
)
def test_every_row_of_the_table_is_negotiated(header: str | None, locale: str) -> None:
    """Every row of the specification's table, and its rules at their edges."""
    assert negotiate(header, DEMO) == locale


@given(HEADERS | st.text())
def test_the_locale_is_always_a_configured_one(header: str) -> None:
    """Whatever is sent, the locale is a configured one."""
    assert negotiate(header, DEMO) in {"en_US", "de_DE"}


@given(HEADERS)
def test_case_and_blanks_do_not_count(header: str) -> None:
    """Case and blanks around the parts do not count."""
    assert negotiate(header.upper().replace(",", " , "), DEMO) == negotiate(header, DEMO)


@given(HEADERS)
def test_unknown_languages_change_nothing(header: str) -> None:
    """A language that is not configured changes nothing, however much it is wanted."""
    assert negotiate(f"fr;q=1,{header},ja", DEMO) == negotiate(header, DEMO)


@given(st.permutations(["de", "en", "fr", "en-GB;q=1"]))
def test_the_configured_order_decides_on_equal_quality(parts: list[str]) -> None:
    """On equal quality the configured order decides, in whichever order they are sent."""
    header = ",".join(parts)
    assert [negotiate(header, DEMO), negotiate(header, DEMO[::-1])] == ["en_US", "de_DE"]
