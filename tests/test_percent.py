"""Percent-decoding says what the standard library's says."""

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import percent

SPELLED = st.text("%=+&a4Fz0 é\n\r\t_", max_size=40).map(str.encode) | st.binary(max_size=40)


@given(SPELLED)
def test_bytes_are_decoded_as_the_library_does(data: bytes) -> None:
    """Valid escapes become bytes, whatever stands around them, and what is no escape stays."""
    assert percent.decoded_bytes(data) == urllib.parse.unquote_to_bytes(data)


@given(st.text("%=+c3A9ze28f é", max_size=40))
def test_texts_are_decoded_as_the_library_does(text: str) -> None:
    """What is no UTF-8 becomes the sign for it."""
    assert percent.decoded(text) == urllib.parse.unquote(text)
    assert percent.decoded_plus(text) == urllib.parse.unquote_plus(text)


@pytest.mark.parametrize("unit", [b"%", b"%4", b"%41", b"%41a", b"%%41", b"a%zz", b"+", b"\xc3\xa9%c3%a9"])
async def test_slices_are_decoded_like_the_whole(unit: bytes) -> None:
    """No escape is cut in two, wherever a slice ends."""
    for shift in range(4):
        data = b"x" * shift + unit * 20_000
        assert await percent.decoded_in_slices(data, plus=b"+") == urllib.parse.unquote_to_bytes(data)
