"""What somebody sends costs about what it costs to receive: no decoder keeps others waiting, whatever it is given.

Each decoder gets the longest input that reaches it, made of each of many short units, which is what worst cases of
quadratic patterns, of exceptions and of long runs look like.
"""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal

import pybase64
import pytest

from app.access.oauth import read_parameters
from app.access.signature import _pairs
from app.apis.glue.match import match as glue_match
from app.apis.glue.query import read_query
from app.apis.openmage.accept import negotiate
from app.apis.openmage.body.content import body_format
from app.apis.openmage.body.reader import read_body
from app.apis.openmage.match import match as openmage_match
from app.apis.php.query import parse_query
from app.apis.spree.body import data_uri, forms
from app.apis.spree.body.json_body import read_json
from app.apis.spree.body.params import image_form, wrapped
from app.apis.spree.body.texts import declared_charset
from app.apis.spree.errors import Malformed
from app.apis.spree.match import binary_of, place_of
from app.errors import ProductImagesError
from app.http.bodies.disposition import disposition_parameter
from app.http.bodies.multipart import parts
from app.service.pictures.file_names import sanitised
from tests.gaps import gaps

BUDGET: Final = 0.005
"""Seconds of one thread's own work, on a processor that nothing else keeps busy."""
_KNOWN_WORK: Final = 0.0036
"""Seconds that `_known_work` takes there."""
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


def budget() -> float:
    """The budget on this machine as it is now: two threads on one core, or an older one, take longer for the same."""
    return BUDGET * max(1.0, min(_known_work() for _ in range(TRIES)) / _KNOWN_WORK)


def _known_work() -> float:
    before = time.thread_time()
    table = {}
    for number in range(20_000):
        table[str(number)] = number
    return time.thread_time() - before


def repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def cost(work: Callable[[str], object], text: str, within: float) -> float:
    """The least of some tries: what others do on the machine only adds to it. One that stays `within` is enough."""
    least = math.inf
    for attempt in range(TRIES):
        least = min(least, _once(work, f"{text}{attempt}"))  # none of them is remembered
        if least < within:
            break
    return least


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
    within = budget()
    costs = {unit: cost(work, start + repeated(unit, LINE - len(start)), within) for unit in UNITS}
    worst = max(costs, key=lambda unit: costs[unit])
    again = (cost(work, start + repeated(worst, LINE - len(start)), budget()) for _ in range(TRIES))
    assert costs[worst] < within or any(each < budget() for each in again), worst


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


async def spree_json(data: bytes) -> None:
    """To the bytes of the picture."""
    form = image_form(wrapped(await read_json(chunked(data), None)))
    if isinstance(form.attachment, str) and (start := data_uri.payload_start(form.attachment)) is not None:
        async for _ in data_uri.decoded(form.attachment, start):
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
    "spree json": (spree_json, b"", b""),
    "spree json text": (spree_json, b'{"image":{"alt":"', b'"}}'),
    "spree json file": (spree_json, b'{"image":{"attachment":"data:;base64,', b'"}}'),
    "spree multipart": (multipart, b"--b\r\n", b"\r\n--b--\r\n"),
    "spree multipart text": (multipart, PART, b"\r\n--b--\r\n"),
    "data uri": (uri, b"data:;base64,", b""),
}
"""Each decoder of a body, and how a body begins and ends that reaches it."""


async def longest_turn(work: Callable[[bytes], Awaitable[Any]], data: bytes, within: float) -> float:
    """The least of some tries; one that stays `within` is enough."""
    least = math.inf
    for _ in range(3):
        async with gaps() as found:
            with suppress(ProductImagesError):
                await work(data)
        least = min(least, found.longest)
        if least < within:
            break
    return least


@pytest.mark.timeout(240)  # seventy bodies for each decoder
@pytest.mark.parametrize("size", [64 * 1024])
@pytest.mark.parametrize("decoder", BODIES)
async def test_no_body_keeps_others_waiting(decoder: str, size: int) -> None:
    """What anybody may send of text, in any form, leaves others their turn every five milliseconds."""
    work, start, end = BODIES[decoder]
    turns, within = {}, budget()
    for unit in UNITS:
        data = start + repeated(unit, size).encode()[: size - len(start) - len(end)] + end
        turns[unit] = await longest_turn(work, data, within)
    worst = max(turns, key=lambda unit: turns[unit])
    assert turns[worst] < max(within, budget()), worst


LONG: Final = {
    "spree form": ("%", "%41", "%c3%a9", "A", " ", "+"),
    "spree form file": ("%2B", "A", "+", " ", "%"),
    "data uri": (" ", "A", "=", "é"),
    "spree multipart text": ("A", "\r\n--", "%"),
    "spree json": (" ", '"', '"a"', '"a",', "1", "0.1", "a", "\\"),
    "spree json text": ("A", "é", "\\n"),
    "spree json file": ("A", "\\/", "\\u0041", "\\ud83d\\ude00", '\\"', "é", "中", " ", "=", "1"),
    "openmage json": (" ", '"a",', "1"),
    "openmage xml": ("<a/>", "<a>", " ", "&amp;"),
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
        data = start + (unit * (6 * 2**20 // len(unit.encode()))).encode() + end
        within = budget()
        assert await longest_turn(work, data, within) < within, unit


@pytest.mark.parametrize(
    "texts",
    [
        b'"%d":"' + b"a" * 8 + b'"',
        b'"%d":"' + b"a" * 30 + b'"',
        b'"%d":"' + b"a" * 64 + b'"',
        b'"%d":"' + b"a" * 600 + b'"',
        b'"%d":"' + b"a" * 1500 + b'"',
        b'"%d":1' + b"2" * 18,
    ],
)
async def test_many_values_keep_nobody_waiting(texts: bytes) -> None:
    """As many values as JSON may have, long and short ones, are taken, and leave others their turn."""
    data = b'{"image":{' + b",".join(texts % number for number in range(9_900)) + b',"position":1}}'
    form = image_form(wrapped(await read_json(chunked(data), None)))
    assert form.position == 1
    within = budget()
    assert await longest_turn(spree_json, data, within) < within


@pytest.mark.parametrize("charset", [None, "utf-16", "latin-1"])
async def test_long_texts_come_as_they_were_sent(charset: str | None) -> None:
    """Whatever escapes a picture is written in and wherever the body is cut, its bytes are those of the short way."""
    plain = pybase64.b64encode(bytes(range(256)) * 2000).decode()
    for spelled in (
        plain,
        plain.replace("/", "\\/"),
        plain.replace("A", "\\u0041"),
        plain.replace("A", "\\ud83d\\ude00A"),
    ):
        body = f'{{"image": {{"attachment": "data:image/png;base64,{spelled}", "alt": "é", "position": 12}}, "a": [1]}}'
        document = await read_json(chunked(body.encode(charset or "utf-8"), 9973), charset)
        assert document["image"] | {"attachment": ""} == {"attachment": "", "alt": "é", "position": 12}
        text = document["image"]["attachment"]
        found = b"".join([piece async for piece in data_uri.decoded(text, data_uri.payload_start(text) or 0)])
        assert found == bytes(range(256)) * 2000


@pytest.mark.parametrize(
    "bad",
    [
        '{"a": "%s\\x"}', '{"a": "%s\\ud83d"}', '{"a": "%s\\udc00"}', '{"a": "%s\t"}', '{"a": "%s', '{"a": "%s" "b"}',
        '{"a": "%s"', '{"a": "%s\\u12"}', '"%s"x',
    ],
)  # fmt: skip
@pytest.mark.parametrize("length", [3, 3000, 300_000])
async def test_what_is_no_json_is_refused_long_and_short(bad: str, length: int) -> None:
    """A long text is looked at as closely as a short one."""
    with pytest.raises(Malformed):
        await read_json(chunked((bad % ("A" * length)).encode(), 9973), None)


async def test_long_numbers_are_exact_beside_long_texts() -> None:
    """An id of more digits than a machine's word keeps them, wherever a piece of the body ends."""
    for chunk in range(7, 60):
        body = b'{"image": {"alt": "' + b"a" * 2000 + b'", "viewable_id": 12345678901234567890123}}'
        document = await read_json(chunked(body, chunk), None)
        assert document["image"] == {"alt": "a" * 2000, "viewable_id": 12345678901234567890123}
