"""What `Accept` says of further formats."""

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from app.http.negotiate import Choice, choices, is_wanted, named, preferred
from app.model import Format

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
BOTH: tuple[Format, ...] = ("avif", "webp")


@pytest.mark.parametrize(
    ("accept", "offered", "expected"),
    [
        (CHROME, BOTH, ("avif", "webp")),
        (CHROME, ("webp", "avif"), ("webp", "avif")),
        (CHROME, ("webp",), ("webp",)),
        ("image/webp,*/*", BOTH, ("webp",)),
        ("IMAGE/WebP ; Q=1.0 , */*;q=0.1", BOTH, ("webp",)),
        ("image/webp;q=0.9,image/avif;q=0.5", BOTH, ("webp", "avif")),
        ("image/jpeg,image/webp;q=0.5", BOTH, ()),
        ("image/*;q=0.9,image/webp;q=0.5", BOTH, ()),
        ("image/jpeg;q=0.1,image/*,image/webp;q=0.5", BOTH, ("webp",)),
        ("image/webp;q=0", BOTH, ()),
        ("image/webp;level=1;q=0, image/avif;v=b3", BOTH, ("avif",)),
        ("image/*,*/*", BOTH, ()),
        ("*/*", BOTH, ()),
        ("", BOTH, ()),
        ("image/webp", (), ()),
    ],
)
def test_a_named_format_is_preferred_to_the_own_one(
    accept: str, offered: tuple[Format, ...], expected: tuple[Format, ...]
) -> None:
    """A format that is named, and weighs no less than the picture's own, is chosen; wildcards name nothing."""
    assert preferred(accept, offered, "jpeg") == expected


def test_what_may_move_stays_in_motion() -> None:
    """A GIF is answered in WebP, which keeps its frames, and never in AVIF, which does not."""
    assert preferred(CHROME, BOTH, "gif") == ("webp",)


@pytest.mark.parametrize(
    ("name", "fmt", "expected"),
    [
        ("shoe.jpg", "webp", "shoe.webp"),
        ("shoe.jpg", "jpeg", "shoe.jpg"),
        ("shoe.JPEG", "jpeg", "shoe.JPEG"),
        ("shoe.1.png", "avif", "shoe.1.avif"),
        ("shoe", "avif", "shoe.avif"),
    ],
)
def test_a_file_is_named_after_its_format(name: str, fmt: Format, expected: str) -> None:
    """Saved, a picture has the extension of what it is."""
    assert named(name, fmt) == expected


def test_a_list_is_read_whole() -> None:
    """Values keep their case and order, parameters lose the blanks around them, and what is missing is told."""
    read = list(choices(" text/HTML;Level = 1 ; q=0.5,,de;q"))
    assert read == [Choice("text/HTML", (("level", "1"), ("q", "0.5"))), Choice("", ()), Choice("de", (("q", None),))]


@given(st.text(max_size=100))
def test_any_header_can_be_read(accept: str) -> None:
    """Nothing that a client sends as `Accept` is an error."""
    assert set(preferred(accept, BOTH, "jpeg")) <= set(BOTH)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", True),
        ("Text/CSV;header=present, */*;q=0.1", True),
        ("application/json, text/csv", True),
        ("application/json, text/csv;q=0", False),
        ("application/json, text/csv;q=0.5", False),
        ("application/*, text/csv;q=0.5", False),
        ("text/csv;q=0", False),
        ("text/csvx, x/text/csv", False),
        ("text/*, */*", False),
        ("", False),
    ],
)
def test_a_media_type_is_wanted_by_who_names_it(accept: str, expected: bool) -> None:
    """And weighs it no less than the usual one."""
    request = make_mocked_request("GET", "/", headers={"Accept": accept})
    assert is_wanted(request, "text/csv", "application/json") is expected
