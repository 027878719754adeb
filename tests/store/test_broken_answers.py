"""A bucket behind a line that breaks: answers that are cut off, lost, refused or never come."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import hdrs, web
from yarl import URL

from app.errors import StoreUnavailable
from app.store import ObjectStat
from app.store import s3 as s3_module
from app.store import s3_reads as s3_reads_module
from app.store.protocol import CHUNK
from app.store.s3 import S3Store
from tests.conftest import S3

_KEY = "blobs/ab/cd/object"
_DATA = bytes(range(256)) * (4 * CHUNK // 256)
_JPEG = "image/jpeg"
_REFUSAL = "<Error><Code>{}</Code><Message>No.</Message></Error>"


class Line:
    """Between the store and `target`; of requests with `method` the next ones meet what `faults` tell."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.method = ""
        self.faults: list[str] = []
        self.code = "SlowDown"
        self.end = asyncio.Event()
        self.url = ""

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.pop(0) if self.faults and request.method == self.method else ""
        if fault == "never":
            await self.end.wait()
        if fault.isdigit():
            return web.Response(status=int(fault), text=_REFUSAL.format(self.code), content_type="application/xml")
        status, headers, content = await self._answer(request)
        if fault == "lost":
            _hang_up(request)
        if fault != "cut off":
            return web.Response(status=status, headers=headers, body=content)
        cut = web.StreamResponse(status=status, headers=headers)
        cut.content_length = len(content)
        await cut.prepare(request)
        await cut.write(content[: len(content) // 2])
        _hang_up(request)
        return cut

    async def _answer(self, request: web.Request) -> tuple[int, dict[str, str], bytes]:
        url, skipped = URL(f"{self._target}{request.raw_path}", encoded=True), [hdrs.USER_AGENT, hdrs.ACCEPT_ENCODING]
        options = {"headers": request.headers, "data": await request.read(), "skip_auto_headers": skipped}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, **options) as answer,
        ):
            hidden = {"connection", "transfer-encoding", "date", "server"}
            if request.method != "HEAD":
                hidden.add("content-length")
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in hidden}
            return answer.status, headers, await answer.read()


def _hang_up(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


@pytest.fixture(name="line")
async def _line(s3: S3) -> AsyncIterator[Line]:
    line, app = Line(s3.endpoint_url), web.Application(client_max_size=10 * len(_DATA))
    app.router.add_route("*", "/{any:.*}", line.pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line.url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
    yield line
    line.end.set()
    await runner.cleanup()


@pytest.fixture(name="store")
async def _store(line: Line, s3: S3, tmp_path: Path) -> AsyncIterator[S3Store]:
    async with S3Store(s3.bucket, copies=tmp_path / "copies", endpoint_url=line.url) as store:
        await store.put(_KEY, _DATA, media_type=_JPEG)
        yield store


async def test_a_body_that_is_cut_off_is_no_object(line: Line, store: S3Store) -> None:
    """Never the half of it, not even as a file; and the next read has all."""
    for half in (store.read(_KEY, len(_DATA)), _lent(store)):
        line.method, line.faults = "GET", ["cut off"]
        with pytest.raises(StoreUnavailable):
            await half
    assert await store.read(_KEY, len(_DATA)) == _DATA


async def _lent(store: S3Store) -> None:
    async with store.local(_KEY):
        pytest.fail("a half of the object was lent")


@pytest.mark.parametrize("fault", ["500", "503", "lost"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
async def test_one_refusal_is_borne(line: Line, store: S3Store, method: str, fault: str) -> None:
    """It is asked for again, with the whole body. A write whose answer was lost finds its own bytes there."""
    line.method, line.faults = method, [fault]
    match method:
        case "GET":
            assert await store.read(_KEY, len(_DATA)) == _DATA
        case "HEAD":
            assert await store.stat(_KEY) == ObjectStat(len(_DATA))
        case "PUT":
            assert await store.put(f"{_KEY}-2", _DATA, media_type=_JPEG) is (fault != "lost")
            assert await store.read(f"{_KEY}-2", len(_DATA)) == _DATA
        case _:
            await store.delete([_KEY])
            assert await store.stat(_KEY) is None
    assert line.faults == []


async def test_a_server_that_goes_on_refusing_is_away(line: Line, store: S3Store) -> None:
    """Said with its own words, after few tries."""
    line.method, line.faults = "PUT", ["503"] * 9
    with pytest.raises(StoreUnavailable, match="SlowDown"):
        await store.put(f"{_KEY}-2", _DATA, media_type=_JPEG)
    line.faults = []
    assert await store.put(f"{_KEY}-2", _DATA, media_type=_JPEG)


async def test_an_answer_that_never_comes_is_not_waited_for(
    line: Line, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do others wait: the same store goes on serving."""
    monkeypatch.setattr(s3_module, "ANSWER_SECONDS", 0.5)
    line.method, line.faults = "GET", ["never"] * 9
    with pytest.raises(StoreUnavailable):
        await store.read(_KEY, len(_DATA))
    line.faults = []
    monkeypatch.setattr(s3_module, "ANSWER_SECONDS", s3_reads_module._READ_SECONDS)
    assert await store.read(_KEY, len(_DATA)) == _DATA


async def test_servers_that_delete_one_by_one_are_asked_so(line: Line, store: S3Store) -> None:
    """Those that cannot delete many at once, or want a checksum of former years for it."""
    await store.put(f"{_KEY}-2", b"content", media_type=_JPEG)
    for code in ("NotImplemented", "MissingContentMD5"):
        line.method, line.faults, line.code = "POST", ["400"], code
        await store.delete([_KEY, f"{_KEY}-2"])
        assert line.faults == []
        assert await store.stat(_KEY) is None
        await store.put(_KEY, b"content", media_type=_JPEG)
