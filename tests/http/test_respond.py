"""How a body goes out: headers, conditions, parts, and transfers that break."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import StoreUnavailable
from app.http.respond import Representation, disposed, represent_image, send_object
from app.http.streams import Stored
from app.store import FileStore, ObjectBody
from app.store.protocol import CHUNK
from tests.e2e.conftest import eventually
from tests.lengths import examples
from tests.small_app import Client, Serve

CONTENT = bytes(range(256)) * 4
KEY = "check/image"
CACHED_FOR_EVER = "public, max-age=31536000, immutable"


def image(size: int = len(CONTENT)) -> Representation:
    return represent_image(
        size=size,
        media_type="image/jpeg",
        etag='"abc"',
        cache_control=CACHED_FOR_EVER,
        filename="shoe.jpg",
        modified=1_700_000_000,
    )


@pytest.fixture(name="store")
async def _store(tmp_path: Path) -> AsyncIterator[FileStore]:
    async with FileStore(tmp_path / "objects") as store:
        yield store


@pytest.fixture(name="client")
async def _client(serve: Serve, store: FileStore) -> Client:
    """`/media/hot` from memory and `/media/cold` from the store, the same image."""
    await store.put(KEY, CONTENT, media_type="image/jpeg")
    about = image()

    async def hot(request: web.Request) -> web.StreamResponse:
        return await send_object(request, about, CONTENT)

    async def cold(request: web.Request) -> web.StreamResponse:
        return await send_object(request, about, Stored(store, KEY, len(CONTENT)))

    return await serve(web.get("/media/hot", hot), web.get("/media/cold", cold))


@pytest.mark.parametrize("path", ["/media/hot", "/media/cold"])
async def test_an_image_goes_out_with_all_that_caches_and_browsers_need(client: Client, path: str) -> None:
    """An image comes whole, typed, cacheable for ever, usable by any page and harmless in a browser."""
    response = await client.get(path)

    assert response.status == 200
    assert await response.read() == CONTENT
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(CONTENT)),
        "ETag": '"abc"',
        "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHED_FOR_EVER,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": 'inline; filename="shoe.jpg"',
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    assert {name: response.headers.get(name) for name in expected} == expected


@pytest.mark.parametrize("path", ["/media/hot", "/media/cold"])
async def test_a_head_tells_what_a_get_would(client: Client, path: str) -> None:
    """HEAD has the headers of GET, whatever range it names, and no body."""
    get = await client.get(path)
    head = await client.head(path, headers={"Range": "bytes=0-1"})

    assert head.status == 200
    assert await head.read() == b""
    unequal = {"Date"}
    assert {k: v for k, v in head.headers.items() if k not in unequal} == {
        k: v for k, v in get.headers.items() if k not in unequal
    }


@pytest.mark.parametrize("path", ["/media/hot", "/media/cold"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_known_version_is_not_sent_again(client: Client, path: str, method: str) -> None:
    """Who names the current version gets 304 with its validators and no body."""
    response = await client.request(method, path, headers={"If-None-Match": 'W/"abc"'})

    assert response.status == 304
    assert await response.read() == b""
    assert response.headers["ETag"] == '"abc"'
    assert response.headers["Cache-Control"] == CACHED_FOR_EVER
    assert "Content-Length" not in response.headers
    assert "Content-Type" not in response.headers


async def test_a_failed_precondition_is_told(client: Client) -> None:
    """Who insists on another version gets 412."""
    response = await client.get("/media/hot", headers={"If-Match": '"other"'})

    assert response.status == 412


@pytest.mark.parametrize("path", ["/media/hot", "/media/cold"])
async def test_an_impossible_range_is_told_with_the_size(client: Client, path: str) -> None:
    """A range behind the end gets 416, which names the size."""
    response = await client.get(path, headers={"Range": "bytes=5000-"})

    assert response.status == 416
    assert response.headers["Content-Range"] == "bytes */1024"
    assert await response.read() == b""


@given(first=st.integers(0, 1100), length=st.integers(0, 1100))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_part_is_the_same_from_memory_and_store(client: Client, first: int, length: int) -> None:
    """A range gives the same status, headers and bytes from memory as from the store."""
    answers = []
    for path in ("/media/hot", "/media/cold"):
        response = await client.get(path, headers={"Range": f"bytes={first}-{first + length}"})
        headers = {k: v for k, v in response.headers.items() if k != "Date"}
        answers.append((response.status, headers, await response.read()))

    assert answers[0] == answers[1]
    status, headers, body = answers[0]
    if status == 206:
        assert body == CONTENT[first : first + length + 1]
        assert headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/1024"
    else:
        assert (status, first >= len(CONTENT)) == (416, True)


async def test_a_store_that_is_away_is_told_before_anything_is_sent(client: Client, tmp_path: Path) -> None:
    """While the store is away its objects get 503 with Retry-After, hot ones are served."""
    (tmp_path / "objects").rename(tmp_path / "away")

    cold, hot = await client.get("/media/cold"), await client.get("/media/hot")

    assert cold.status == 503
    assert cold.headers["Retry-After"] == "5"
    assert await cold.json() == {"api": "delivery", "error": "StoreUnavailable"}
    assert hot.status == 200


async def test_an_object_of_another_size_is_never_sent(serve: Serve, store: FileStore) -> None:
    """An object that is not as long as the catalogue says is refused, not cut or padded."""
    await store.put(KEY, b"short", media_type="image/jpeg")

    async def handler(request: web.Request) -> web.StreamResponse:
        return await send_object(request, image(), Stored(store, KEY, len(CONTENT)))

    client = await serve(web.get("/media/cold", handler))

    assert (await client.get("/media/cold")).status == 503


@pytest.mark.parametrize("path", ["/media/hot", "/media/cold"])
async def test_an_empty_object_is_sent(serve: Serve, store: FileStore, path: str) -> None:
    """A body of no bytes is a 200 of no bytes."""
    await store.put(KEY, b"", media_type="image/jpeg")
    source = b"" if path.endswith("hot") else Stored(store, KEY, 0)

    async def handler(request: web.Request) -> web.StreamResponse:
        return await send_object(request, image(0), source)

    client = await serve(web.get(path, handler))
    response = await client.get(path)

    assert (response.status, await response.read()) == (200, b"")
    assert response.headers["Content-Length"] == "0"


class Transfer:
    """One large object, and word of the moment when its handler has ended."""

    def __init__(self, store: FileStore, size: int) -> None:
        self.ended = asyncio.Event()
        self._about = image(size)
        self._source = Stored(store, KEY, size)

    async def handler(self, request: web.Request) -> web.StreamResponse:
        try:
            return await send_object(request, self._about, self._source)
        finally:
            self.ended.set()


LARGE = 128 * CHUNK


@pytest.fixture(name="transfer")
async def _transfer(store: FileStore, tmp_path: Path) -> Transfer:
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(LARGE)
    await store.put(KEY, source, media_type="image/jpeg")
    return Transfer(store, LARGE)


@pytest.fixture(name="stored")
def _stored(tmp_path: Path) -> Path:
    return tmp_path / "objects" / KEY


def is_open(file: Path) -> bool:
    links = Path("/proc/self/fd").iterdir()
    return any(link.samefile(file) for link in links if link.exists())


def is_closed(file: Path) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return not is_open(file)

    return ask


async def test_a_client_that_leaves_ends_the_transfer(serve: Serve, transfer: Transfer) -> None:
    """When the client goes away nothing more is read for it."""
    client = await serve(web.get("/media/cold", transfer.handler))

    response = await client.get("/media/cold")
    await response.content.readexactly(1000)
    assert not transfer.ended.is_set()
    response.close()

    await asyncio.wait_for(transfer.ended.wait(), 10)


async def test_no_file_is_open_for_a_client_that_does_not_read(serve: Serve, transfer: Transfer, stored: Path) -> None:
    """While a client takes its time, nothing of the store waits for it: neither a file nor a connection."""

    client = await serve(web.get("/media/cold", transfer.handler))

    response = await client.get("/media/cold")
    await response.content.readexactly(1000)
    await eventually(is_closed(stored))
    assert not transfer.ended.is_set()
    assert len(await response.read()) == LARGE - 1000


class Watched(FileStore):
    """Knows which parts were asked for; the first `failing` reads of an object that was opened fail."""

    def __init__(self, root: Path, failing: int = 0) -> None:
        super().__init__(root)
        self.parts: list[tuple[int, int | None]] = []
        self._failing = failing

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, end: int | None = None, piece: int = CHUNK
    ) -> AsyncIterator[ObjectBody]:
        self.parts.append((start, end))
        async with super().open(key, start=start, end=end, piece=piece) as body:
            yield ObjectBody(body.size, self._broken()) if len(self.parts) <= self._failing else body

    async def _broken(self) -> AsyncIterator[bytes]:
        raise StoreUnavailable("the disc is gone")
        yield b""


async def test_a_store_that_fails_at_the_first_read_is_told(serve: Serve, tmp_path: Path) -> None:
    """An object that can be opened and not read is 503 with Retry-After, and not the head of a 200."""
    async with Watched(tmp_path / "objects", failing=1) as store:
        await store.put(KEY, CONTENT, media_type="image/jpeg")
        client = await serve(web.get("/media/cold", Transfer(store, len(CONTENT)).handler))

        refused, taken = await client.get("/media/cold"), await client.get("/media/cold")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert (taken.status, await taken.read()) == (200, CONTENT)


async def test_the_store_is_asked_once_by_who_is_prompt_and_piece_by_piece_by_who_is_not(
    serve: Serve, tmp_path: Path
) -> None:
    """A large object is one request to the store while its client takes it; a slow client has the store send what it
    takes and no more."""
    async with Watched(tmp_path / "objects") as store:
        with (tmp_path / "large").open("wb") as file:
            file.truncate(LARGE)
        await store.put(KEY, tmp_path / "large", media_type="image/jpeg")
        client = await serve(web.get("/media/cold", Transfer(store, LARGE).handler))

        prompt = await client.get("/media/cold")
        assert len(await prompt.read()) == LARGE
        assert store.parts == [(0, LARGE)]

        slow = await client.get("/media/cold")
        await slow.content.readexactly(1000)
        await eventually(is_closed(tmp_path / "objects" / KEY))
        assert len(await slow.content.readexactly(LARGE - 1000)) == LARGE - 1000
        _, (start, end), *rest = store.parts[1:]
        assert (start > 0, end) == (True, start + CHUNK)
        assert len(rest) <= 2  # it is prompt again


async def test_a_client_that_stalls_is_cut_off(serve: Serve, transfer: Transfer) -> None:
    """A client that takes nothing for too long loses its connection."""
    client = await serve(web.get("/media/cold", transfer.handler), send_seconds=1)

    async with asyncio.timeout(10):
        response = await client.get("/media/cold")
        await transfer.ended.wait()
        with pytest.raises(aiohttp.ClientError):
            await response.read()


@pytest.mark.parametrize("harm", ["cut", "gone"])
async def test_a_store_that_fails_in_the_middle_ends_the_connection(
    serve: Serve, transfer: Transfer, stored: Path, harm: str
) -> None:
    """A body that cannot be sent to its end, cut or gone, is broken off, never passed off as whole."""
    client = await serve(web.get("/media/cold", transfer.handler))

    response = await client.get("/media/cold")
    await response.content.readexactly(1000)
    await eventually(is_closed(stored))
    os.truncate(stored, CHUNK) if harm == "cut" else os.unlink(stored)  # noqa: PTH108

    assert response.status == 200
    with pytest.raises(aiohttp.ClientError):
        await response.read()


@given(st.text(max_size=300))
def test_a_name_never_breaks_its_header(filename: str) -> None:
    """Whatever an image is called, its disposition is one plain header that names no folder."""
    value = disposed("inline", filename)

    assert value.isascii()
    assert value.isprintable()
    message = Message()
    message["Content-Disposition"] = value
    name = message.get_param("filename", header="Content-Disposition")
    assert message.get_content_disposition() == "inline"
    assert name
    assert not set("/\\") & set(unquote(str(name)))


def test_a_name_of_any_script_is_told_in_both_forms() -> None:
    """A name beyond ASCII comes as an ASCII fallback and as itself."""
    assert disposed("inline", "schön.jpg") == "inline; filename=\"sch_n.jpg\"; filename*=UTF-8''sch%C3%B6n.jpg"
    assert disposed("inline", 'a"b/c.jpg') == 'inline; filename="a_b_c.jpg"'
    assert disposed("inline", "") == 'inline; filename="image"'
