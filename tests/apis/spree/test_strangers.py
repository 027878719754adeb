"""What a caller can do who sends no key: little, and nobody waits for it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Final
from urllib.parse import parse_qsl

import orjson
import pytest
from yarl import URL

from tests.gaps import gaps
from tests.lengths import by_length

from .conftest import ADMIN, IMAGES, Shop

PIECE: Final = 64 * 1024
FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data; boundary=b"
JSON: Final = "application/json"
ORDER: Final = ("X-Spree-Order-Token: x",)


@dataclass(frozen=True, slots=True)
class Heavy:
    """A body, small for what it takes to parse it; `parse` does that without any care."""

    content_type: str
    body: bytes
    parse: Callable[[bytes], object]
    status: int = 413


def split(body: bytes) -> list[tuple[bytes, bytes]]:
    """What any reader of a multipart body does at least."""
    return [(head, value) for part in body.split(b"--b\r\n") for head, _, value in [part.partition(b"\r\n\r\n")]]


HEAVY: Final = {
    "lists": Heavy(JSON, b'{"a":[' + b"[]," * 3_000_000 + b"[]]}", orjson.loads),
    "keys": Heavy(JSON, b"{" + b",".join(b'"%d":1' % key for key in range(800_000)) + b"}", orjson.loads),
    "escapes": Heavy(FORM, b"image[alt]=" + b"%41" * 8_000_000, lambda body: parse_qsl(body.decode())),
    "fields": Heavy(
        PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 400_000 + b"--b--\r\n", split, 400
    ),
}


def longest_piece_of(work: Callable[[bytes], object], body: bytes) -> float:
    before = time.thread_time()
    work(body)
    return time.thread_time() - before


async def send(shop: Shop, body: bytes, *headers: str, announced: bool) -> int:
    """The status of the answer to a POST that is sent until it is answered."""
    url = URL(shop.base)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    length = f"Content-Length: {len(body)}" if announced else "Transfer-Encoding: chunked"
    writer.write("\r\n".join([f"POST {IMAGES} HTTP/1.1", "Host: localhost", length, *headers, "", ""]).encode())
    answer = asyncio.create_task(reader.readline())
    with suppress(ConnectionError):
        for start in range(0, len(body), PIECE):
            if answer.done():
                break
            piece = body[start : start + PIECE]
            writer.write(piece if announced else b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"" if announced else b"0\r\n\r\n")
    status = int((await answer).split()[1])
    writer.close()
    return status


WAYS: Final = by_length([(True, ()), (False, ORDER)], [*product((True, False), ((), ORDER))])
"""Whether the length is announced, and what stands in the head beside it."""


@pytest.mark.parametrize(("announced", "further"), WAYS)
@pytest.mark.parametrize("name", HEAVY)
async def test_a_heavy_body_of_a_stranger_holds_nobody_up(
    shop: Shop, name: str, announced: bool, further: tuple[str, ...]
) -> None:
    """Text that is slow to parse is refused of who sends no key, an order token or not, before it is parsed."""
    heavy = HEAVY[name]
    bare = longest_piece_of(heavy.parse, heavy.body)
    async with gaps() as found:
        status = await send(shop, heavy.body, f"Content-Type: {heavy.content_type}", *further, announced=announced)
    assert status == heavy.status
    assert found.longest < bare / 8


@pytest.mark.parametrize("name", HEAVY)
async def test_a_short_body_of_a_stranger_holds_nobody_up_either(shop: Shop, name: str) -> None:
    """As much of the same as a stranger may send is parsed in a fraction of the time."""
    heavy = HEAVY[name]
    bare = longest_piece_of(heavy.parse, heavy.body)
    async with gaps() as found:
        status = await send(shop, heavy.body[:60_000], f"Content-Type: {heavy.content_type}", announced=True)
    assert status in (400, 401)
    assert found.longest < bare / 8


@pytest.mark.parametrize("name", ["lists", "keys"])
async def test_json_of_a_million_values_is_refused_of_an_admin_too(shop: Shop, name: str) -> None:
    """JSON of very many values is refused before it is parsed, whoever sends it."""
    heavy = HEAVY[name]
    bare = longest_piece_of(heavy.parse, heavy.body)
    async with gaps() as found:
        status = await send(shop, heavy.body, f"Content-Type: {JSON}", f"X-Spree-Token: {ADMIN}", announced=True)
    assert status == 400
    assert found.longest < bare / 8


async def test_a_stranger_may_have_his_key_in_a_form_with_a_large_file(shop: Shop) -> None:
    """The key may still come as a field beside a file of any size; only the text is limited."""
    field = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="image[attachment]"; filename="a.txt"\r\n\r\n' + bytes(10**6)
    body = field.format("token", ADMIN).encode() + file + b"\r\n--b--\r\n"
    assert await send(shop, body, f"Content-Type: {PARTS}", announced=True) == 422
    body = field.format("image[alt]", "x" * 70_000).encode() + body
    assert await send(shop, body, f"Content-Type: {PARTS}", announced=True) == 413


async def test_deep_json_with_a_long_number_is_refused(shop: Shop) -> None:
    """JSON too deep to keep its long numbers exact is malformed."""
    body = b'{"a":' + b"[" * 1000 + b"9" * 40 + b"]" * 1000 + b"}"
    assert await send(shop, body, f"Content-Type: {JSON}", announced=True) == 400
