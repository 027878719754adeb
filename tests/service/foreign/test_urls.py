"""Addresses of pictures that lie elsewhere: which may be kept and handed out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidCommand
from app.service.foreign.urls import trouble_with_url
from app.service.transfer.galleries.lines import ImageLine, parse_line
from app.service.transfer.glue.rows import IMAGE_COLUMNS, ImageRows

GOOD = [
    "http://img.example/a.jpg",
    "https://img.example/a b$[1]|ü.jpg?x=1#f",
    "HTTPS://img.example",
    "//img.example/a.jpg",
    "/assets/a.jpg",
    "/",
    " https://img.example/a.jpg ",
    "https://[2001:db8::1]/a.jpg",
]
BAD = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:image/png;base64,AA==",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://img.example/a.jpg",
    "blob:https://img.example/1",
    "view-source:https://img.example",
    "mailto:a@b.example",
    "https:img.example",
    "https://",
    "https:///a.jpg",
    "http://?",
    "//",
    "///a.jpg",
    "/\\img.example/a.jpg",
    "\\\\img.example\\a.jpg",
    "img.example/a.jpg",
    "a.jpg",
    "",
    "https://img.example/a.jpg\r\nSet-Cookie: a=b",
    "https://img.example/a\tb.jpg",
    "https://img.example/\x00",
    "https://img.example/\x7f",
    "https://img.example/\x85",
    "https://img.example/\u2028",
    "/assets/a\nb.jpg",
]


@pytest.mark.parametrize("url", GOOD)
def test_addresses_that_pages_can_show_are_kept(url: str) -> None:
    """http, https, a host without a scheme and a path of the same site are taken as they are."""
    assert trouble_with_url(url) is None
    assert _imported(url) == _transferred(url) == url


@pytest.mark.parametrize("url", [url for url in BAD if url])
def test_other_schemes_and_control_characters_are_refused_wherever_they_come_in(url: str) -> None:
    """Whatever else an address may be, no import takes it, and each says what is wrong with which of the two."""
    with pytest.raises(InvalidCommand, match=r"external_url_large (is no http|has a control)"):
        _imported(url)
    with pytest.raises(InvalidCommand, match=r"url_large (is no http|has a control)"):
        _transferred(url)


@given(st.text(st.characters(codec="utf-8"), max_size=12), st.sampled_from(["", "/", "//", "http://", "https:", "x:"]))
def test_what_is_kept_is_never_another_scheme(text: str, start: str) -> None:
    """Of all texts those that are taken begin in one of the four ways and stay on one line."""
    url = start + text
    if trouble_with_url(url) is None:
        assert url.strip(" ").lower().startswith(("http://", "https://", "/"))
        assert url.isprintable() or not set(url) & set(map(chr, range(32)))
        assert len(url.splitlines()) <= 1


def _imported(url: str) -> str | None:
    rows = ImageRows({name: at for at, name in enumerate((*IMAGE_COLUMNS, "abstract_sku"))}, frozenset())
    record = rows.read(1, ["default", url, "/small.jpg", "key", "dress"])
    assert record is not None
    return record[2]


def _transferred(url: str) -> str | None:
    import orjson

    line = parse_line(orjson.dumps({"sku": "dress", "url_large": url, "key": "k"}))
    assert isinstance(line, ImageLine)
    return line.url_large
