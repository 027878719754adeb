import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.spree.body.data_uri import decoded, payload_start


async def bytes_of(text: str) -> bytes:
    start = payload_start(text)
    assert start is not None
    return b"".join([piece async for piece in decoded(text, start)])


@given(st.binary(max_size=500), st.integers(0, 3))
async def test_any_bytes_come_back(data: bytes, repeats: int) -> None:
    """Any bytes come back, in however many pieces."""
    data *= 1 + 300 * repeats
    assert await bytes_of(f"data:image/png;base64,{base64.b64encode(data).decode()}") == data


async def test_foreign_characters_are_skipped_and_padding_may_miss() -> None:
    """Line ends and foreign characters are skipped; missing padding does no harm."""
    assert await bytes_of("data:;base64,aGV\nsb G8é") == b"hello"
    assert await bytes_of("data:image/svg+xml;base64,aGVsbG8=trailing") == b"hello"
    assert await bytes_of("data:;base64,") == b""


@pytest.mark.parametrize("text", ["foo", "data:image/png,abc", "data:image/png;charset=x;base64,aa", "http://x/", ""])
def test_other_texts_are_no_data_uris(text: str) -> None:
    """Other texts, and data URIs that are not base64, are none."""
    assert payload_start(text) is None
