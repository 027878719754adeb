"""What somebody sends costs about what it costs to receive: no decoder keeps others waiting, whatever it is given.

Each decoder gets the longest input that reaches it, made of each of many short units, which is what worst cases of
quadratic patterns, of exceptions and of long runs look like.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal

import pytest

from app.access.oauth import read_parameters
from app.access.signature import _pairs
from app.dialects.glue.match import match as glue_match
from app.dialects.glue.query import read_query
from app.dialects.openmage.accept import negotiate
from app.dialects.openmage.body import read_body
from app.dialects.openmage.content import body_format
from app.dialects.openmage.match import match as openmage_match
from app.dialects.openmage.php import parse_query
from app.dialects.spree import data_uri, forms
from app.dialects.spree.filename import disposition_parameter
from app.dialects.spree.json_body import read_json
from app.dialects.spree.match import binary_of, place_of
from app.dialects.spree.multipart import parts
from app.dialects.spree.texts import declared_charset
from app.errors import ProductImagesError
from app.service.file_names import sanitised
from tests.gaps import gaps

BUDGET: Final = 0.005
"""Seconds of one thread's own work."""
TRIES: Final = 5
LINE: Final = 8000
"""Bytes of the longest line at the head of a request."""
UNITS: Final = (
    "%", "%4", "%41", "%zz", "%%41", "%ff", "%c3%28", "a%", "=", "&", "a&", "a=&", "=&", "a[]&", "a[]=&",
    "a[0]&", "a[b]&", "[", "]", "[]", "a[", "a[b][c]", "a[9", "1", "-1", ";", "; ", ";a", ";a=", ';a="', '="',
    '\\"', "\\", '"', " ", "\t", ",", ", ", "a,", "a=", 'a="b",', "oauth_a=%,", "/", "//", "/a", "/%2F", ".",
    "..", "../", "a.b.", "é", "-", "_", "+", ":", "{", "}", "{}", "a;q=0.1,", "*/*,", "charset=", ";charset=",
    "; charset = ", "data:", ";a=b", "<a>", "<", "&amp;", "A",
)  # fmt: skip


def repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def cost(work: Callable[[str], object], text: str) -> float:
    """The least of some tries: what others do on the machine only adds to it."""
    return min(_once(work, f"{text}{attempt}") for attempt in range(TRIES))  # none of them is remembered


def _once(work: Callable[[str], object], text: str) -> float:
    before = time.thread_time()
    with suppress(ProductImagesError):
        work(text)
    return time.thread_time() - before


LINES: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "glue query": (read_query, ""),
    "glue path": (glue_match, "/"),
    "openmage query": (parse_query, ""),
    "openmage path": (openmage_match, "/api/rest/"),
    "openmage accept": (lambda text: negotiate(text, "xml"), ""),
    "openmage content type": (body_format, "text/xml"),
    "openmage authorization": (read_parameters, "OAuth "),
    "openmage signature": (_pairs, ""),
    "spree query": (forms.query_params, ""),
    "spree path": (place_of, "/api/v1/products/"),
    "spree image path": (place_of, "/api/v1/products/a/images/"),
    "spree file path": (binary_of, "/spree/products/1/mini/"),
    "spree charset": (declared_charset, "text/plain"),
    "spree disposition": (lambda text: disposition_parameter(text, "name"), "form-data"),
    "spree file name": (sanitised, ""),
}
"""Each decoder of a line, and how a line begins that reaches it."""


@pytest.mark.parametrize("decoder", LINES)
def test_no_line_costs_more_than_its_length(decoder: str) -> None:
    """The longest line of anything is decoded in five milliseconds."""
    work, start = LINES[decoder]
    costs = {unit: cost(work, start + repeated(unit, LINE - len(start))) for unit in UNITS}
    worst = max(costs, key=lambda unit: costs[unit])
    assert costs[worst] < BUDGET, worst


class Nowhere:
    async def write(self, data: bytes) -> None: ...

    async def restart(self) -> None: ...


async def chunked(data: bytes, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def openmage(kind: Literal["json", "xml", "query"], data: bytes) -> None:
    async def open_sink() -> Nowhere:
        return Nowhere()

    await read_body(kind, chunked(data), open_sink)


async def multipart(data: bytes) -> None:
    async for part in parts(chunked(data), "multipart/form-data; boundary=b"):
        async for _ in part.content:
            pass


async def uri(data: bytes) -> None:
    text = data.decode("utf-8", "ignore")
    async for _ in data_uri.decoded(text, data_uri.payload_start(text) or 0):
        pass


PART: Final = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
BODIES: Final[dict[str, tuple[Callable[[bytes], Awaitable[Any]], bytes, bytes]]] = {
    "openmage json": (lambda data: openmage("json", data), b"", b""),
    "openmage json text": (lambda data: openmage("json", data), b'{"label":"', b'"}'),
    "openmage json file": (lambda data: openmage("json", data), b'{"file_content":"', b'"}'),
    "openmage xml": (lambda data: openmage("xml", data), b"<magento_api>", b"</magento_api>"),
    "openmage xml file": (lambda data: openmage("xml", data), b"<a><file_content>", b"</file_content></a>"),
    "openmage query": (lambda data: openmage("query", data), b"", b""),
    "openmage query file": (lambda data: openmage("query", data), b"file_content=", b""),
    "openmage query types": (lambda data: openmage("query", data), b"types[]=&", b""),
    "spree form": (lambda data: forms._form(data, None), b"", b""),
    "spree form text": (lambda data: forms._form(data, None), b"image[alt]=", b""),
    "spree form file": (lambda data: forms._form(data, None), b"image[attachment]=data:;base64,", b""),
    "spree json": (lambda data: read_json(chunked(data), None), b"", b""),
    "spree json text": (lambda data: read_json(chunked(data), None), b'{"image":{"alt":"', b'"}}'),
    "spree json file": (lambda data: read_json(chunked(data), None), b'{"image":{"attachment":"data:;base64,', b'"}}'),
    "spree multipart": (multipart, b"--b\r\n", b"\r\n--b--\r\n"),
    "spree multipart text": (multipart, PART, b"\r\n--b--\r\n"),
    "data uri": (uri, b"data:;base64,", b""),
}
"""Each decoder of a body, and how a body begins and ends that reaches it."""


async def longest_turn(work: Callable[[bytes], Awaitable[Any]], data: bytes) -> float:
    turns = []
    for _ in range(3):
        async with gaps() as found:
            with suppress(ProductImagesError):
                await work(data)
        turns.append(found.longest)
    return min(turns)


@pytest.mark.timeout(240)  # seventy bodies for each decoder
@pytest.mark.parametrize("size", [64 * 1024])
@pytest.mark.parametrize("decoder", BODIES)
async def test_no_body_keeps_others_waiting(decoder: str, size: int) -> None:
    """What anybody may send of text, in any form, leaves others their turn every five milliseconds."""
    work, start, end = BODIES[decoder]
    turns = {}
    for unit in UNITS:
        data = start + repeated(unit, size).encode()[: size - len(start) - len(end)] + end
        turns[unit] = await longest_turn(work, data)
    worst = max(turns, key=lambda unit: turns[unit])
    assert turns[worst] < BUDGET, worst


LONG: Final = {
    "spree form": ("%", "%41", "%c3%a9", "A", " ", "+"),
    "spree form file": ("%2B", "A", "+", " ", "%"),
    "data uri": (" ", "A", "=", "é"),
    "spree multipart text": ("A", "\r\n--", "%"),
    "openmage query file": ("A", "%2B", "%"),
    "openmage json file": ("A", "\\/", " "),
    "openmage xml file": ("A", "\n", "&amp;"),
}


@pytest.mark.timeout(240)  # megabytes
@pytest.mark.parametrize("decoder", LONG)
async def test_an_owners_large_body_keeps_nobody_waiting(decoder: str) -> None:
    """Megabytes of whatever an owner sends are decoded in turns with everybody else."""
    work, start, end = BODIES[decoder]
    for unit in LONG[decoder]:
        data = start + repeated(unit, 4 * 2**20).encode() + end
        assert await longest_turn(work, data) < BUDGET, unit
