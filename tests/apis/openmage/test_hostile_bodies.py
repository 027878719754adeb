"""Bodies that were made to hurt: each is refused in this dialect's words, soon, and for little memory."""

import asyncio
import base64
import gzip
import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import pytest

from app.apis.openmage.body.content import body_format
from app.apis.openmage.body.reader import read_body
from app.apis.openmage.errors import OpenMageError
from app.errors import BodyTooLarge
from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import ACCEPTS, IMAGES, Api, error_body, upload

session = pytest.mark.asyncio(loop_scope="session")

MIB: Final = 1024 * 1024
SECONDS: Final = 5.0
"""None of these bodies may keep the service busy for longer, on a slow machine either."""

LAUGHS: Final = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol"}">' for i in range(10))
DECODING: Final = (400, "Decoding error.")
TOO_LARGE: Final = (413, "Request entity too large.")

BODIES: Final[dict[str, tuple[str, bytes, tuple[int, str]]]] = {
    "billion laughs": ("text/xml", f"<!DOCTYPE a [{LAUGHS}]><a><label>&l9;</label></a>".encode(), DECODING),
    "external entity": (
        "application/xml",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><label>&x;</label></a>',
        DECODING,
    ),
    "external dtd": ("text/xml", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>', DECODING),
    "quadratic blowup": (
        "text/xml",
        b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a><label>' + b"&x;" * 50_000 + b"</label></a>",
        DECODING,
    ),
    "deep xml": ("text/xml", b"<a>" * 200_000 + b"</a>" * 200_000, DECODING),
    "flood of elements": ("text/xml", b"<r>" + b"<a/>" * 2_000_000 + b"</r>", DECODING),
    "flood of attributes": ("text/xml", b"<r " + b" ".join(b"a%d='1'" % i for i in range(400_000)) + b"/>", TOO_LARGE),
    "endless name": ("text/xml", b"<" + b"a" * 8_000_000, TOO_LARGE),
    "endless comment": ("text/xml", b"<a><!--" + b"a" * 8_000_000, TOO_LARGE),
    "endless text": ("text/xml", b"<a><label>" + b"a" * 8_000_000, TOO_LARGE),
    "deep json": ("application/json", b"[" * 200_000 + b"]" * 200_000, DECODING),
    "deep json objects": ("application/json", b'{"a":' * 200_000 + b"1" + b"}" * 200_000, DECODING),
    "flood of members": ("application/json", b"{" + b'"a":1,' * 2_000_000 + b'"b":1}', TOO_LARGE),
    "long number": ("application/json", b'{"position":' + b"9" * 8_000_000 + b"}", TOO_LARGE),
    "long text": ("application/json", b'{"label":"' + b"a" * 8_000_000 + b'"}', TOO_LARGE),
    "flood of parameters": ("text/plain", b"&".join(b"a[%d]=1" % i for i in range(1_000_000)), TOO_LARGE),
    "many subkeys": ("text/plain", b"a" + b"[]" * 1_000_000 + b"=1", TOO_LARGE),
    "not utf-8 in json": ("application/json", b'{"label":"\xff"}', DECODING),
    "not utf-8 in xml": ("text/xml", b"<a><label>\xff</label></a>", DECODING),
    "not utf-8 in a query": ("text/plain", b"label=%ff", DECODING),
    "nul in json": ("application/json", b'{"label":"a\\u0000"}', DECODING),
    "nul in xml": ("text/xml", b"<a><label>\x00</label></a>", DECODING),
    "nul reference in xml": ("text/xml", b"<a><label>&#0;</label></a>", DECODING),
    "nul in a query": ("text/plain", b"label=%00", DECODING),
    "lone surrogate in json": ("application/json", b'{"label":"\\ud800"}', DECODING),
    "lone surrogate in a list": ("application/json", b'{"types":["\\udfff"]}', DECODING),
    "lone surrogate in xml": ("text/xml", b"<a><label>&#xD800;</label></a>", DECODING),
    "encoded surrogate in json": ("application/json", b'{"label":"\xed\xa0\x80"}', DECODING),
    "encoded surrogate in a query": ("text/plain", b"label=%ED%A0%80", DECODING),
    "utf-7": ("text/xml", b'<?xml version="1.0" encoding="utf-7"?><a/>', DECODING),
}


@session
@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused_in_time(api: Api, name: str, form: str) -> None:
    """Whatever a body tries, it is refused within seconds, and the next request is answered."""
    content_type, body, reported = BODIES[name]
    started = time.monotonic()
    answer = await api.call("admin", "POST", IMAGES, body=body, accept=ACCEPTS[form], Content_Type=content_type)
    assert (answer.status, answer.body) == (reported[0], error_body(form, reported))
    assert (await api.call("guest", "GET", IMAGES)).status == 200
    assert time.monotonic() - started < SECONDS


class Void:
    """A sink that keeps nothing."""

    async def write(self, data: bytes) -> None: ...

    async def restart(self) -> None: ...


async def open_void() -> Void:
    return Void()


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 2**16):
        yield body[start : start + 2**16]


@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_costs_little_memory(name: str) -> None:
    """No body, however large, makes its reader hold more than a megabyte or two."""
    content_type, body, _ = BODIES[name]
    assert await memory_for(content_type, body) < 3 * MIB


CONTENT: Final = base64.b64encode(bytes(range(256)) * 32 * 1024)
AS_LINES: Final = b"\n".join(CONTENT[start : start + 76] for start in range(0, len(CONTENT), 76))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/xml", b"<a><file_content>" + AS_LINES + b"</file_content></a>"),
        ("text/xml", b"<a><file_content>" + CONTENT + b"</file_content></a>"),
        ("text/xml", b"<a><file_content>" + CONTENT.replace(b"/", b"&#x2F;") + b"</file_content></a>"),
        ("application/json", b'{"file_content":"' + CONTENT.replace(b"/", b"\\/") + b'"}'),
        ("application/json", b'{"file_content":"' + CONTENT.replace(b"/", b"\\u002f") + b'"}'),
        ("text/plain", b"file_content=" + CONTENT.replace(b"+", b"%2B").replace(b"/", b"%2F")),
    ],
)
async def test_an_image_costs_its_reader_next_to_nothing(content_type: str, body: bytes) -> None:
    """An image of many megabytes is decoded on its way, however its text is escaped."""
    assert await memory_for(content_type, body) < 3 * MIB


async def memory_for(content_type: str, body: bytes) -> int:
    """Most memory, in bytes, that reading a body needs besides the body."""
    tracemalloc.start()
    try:
        await read_body(body_format(content_type), pieces(body), open_void)
    except (OpenMageError, BodyTooLarge):
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


async def exchange(api: Api, head: dict[str, str], body: bytes = b"") -> bytes:
    """The answer to a request that no proper client would send; the body follows once the service asks for it."""
    lines = {"Host": urlsplit(api.base).netloc, "Accept": "application/json", "Content-Type": "application/json"}
    lines |= {name: value for name, value in api.signed("admin", "POST", IMAGES).items() if value} | head
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(api.base).port)
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(f"POST {IMAGES} HTTP/1.1\r\nExpect: 100-continue\r\n{text}\r\n".encode())
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            status, _, rest = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
            length = next(line for line in rest.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            return status + b"\n" + await reader.readexactly(int(length.split(b":")[1]))
    finally:
        writer.close()
        await writer.wait_closed()


@session
async def test_a_gigabyte_announced_is_refused_before_it_comes(api: Api) -> None:
    """A body that is announced as too large is refused at once."""
    reported = await exchange(api, {"Content-Length": str(2**30)})
    assert reported == b"HTTP/1.1 413 Request Entity Too Large\n" + error_body("json", TOO_LARGE)


@session
async def test_a_body_that_ends_too_soon_leaves_nothing(api: Api) -> None:
    """A client that announces more than it sends, and goes, has changed nothing."""
    images = await api.product()
    head = api.signed("admin", "POST", images) | {"Content-Type": "application/json", "Content-Length": "100000"}
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(api.base).port)
    host = urlsplit(api.base).netloc
    writer.write(f"POST {images} HTTP/1.1\r\nHost: {host}\r\n{text}\r\n{json.dumps(upload())}".encode())
    writer.write_eof()
    async with asyncio.timeout(SECONDS):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert await api.get(images) == []
    assert not list(api.settings.spool_dir.glob("*"))


@session
async def test_what_comes_behind_a_body_is_not_part_of_it(api: Api) -> None:
    """Bytes behind the announced end are left alone."""
    reported = await exchange(api, {"Content-Length": "2"}, b'{}{"label":"a"}')
    assert reported == b"HTTP/1.1 400 Bad Request\n" + error_body("json", (400, "The request data is invalid."))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ({"Content-Length": "1000"}, b'{"label":'),
        ({"Transfer-Encoding": "chunked"}, b'5\r\n{"lab\r\n'),
        ({"Transfer-Encoding": "chunked"}, b'5\r\n{"lab\r\nno number\r\n'),
    ],
)
async def test_a_body_that_does_not_come_is_not_waited_for(open_own: Open, head: dict[str, str], body: bytes) -> None:
    """A body whose rest does not come in time, or cannot be told from noise, is refused."""
    api = await open_own(body_seconds=1)
    reported = await exchange(api, head, body)
    assert reported == b"HTTP/1.1 408 Request Timeout\n" + error_body("json", (408, "Request timeout."))


@session
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_compressed_body_is_refused_unopened(api: Api, encoding: str) -> None:
    """A body that says that it is compressed is not decompressed."""
    body = gzip.compress(json.dumps(upload()).encode())
    answer = await api.call(
        "admin", "POST", IMAGES, body=body, Content_Type="application/json", Content_Encoding=encoding
    )
    assert (answer.status, answer.body) == (400, error_body("json", DECODING))


@session
@pytest.mark.parametrize("path", ["%00", "%ff", "%ED%A0%80", "8%00", "a" * 4000, "9" * 3000, "%F0%9F%98%80"])
async def test_odd_paths_are_only_unknown(api: Api, path: str) -> None:
    """What no product, image or store view is called is not found, and nothing worse."""
    for user, images, status in (
        ("admin", f"/api/rest/products/{path}/images", 404),
        ("guest", f"/api/rest/products/{path}/images/1", 404),
        ("guest", f"{IMAGES}/{path}", 404),
        ("admin", f"{IMAGES}/store/{path}", 400),
    ):
        answer = await api.call(user, "GET", images)  # type: ignore[arg-type]
        assert answer.status == status
        assert answer.json()["messages"]["error"][0]["code"] == status
