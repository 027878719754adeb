"""A way to an S3 server on which requests go wrong: refused, late, cut short, carried out and never answered."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

import aiohttp
from aiohttp import web
from yarl import URL

Trouble = Literal["error", "busy", "late", "carried out late", "half", "lost", "silent"]
TROUBLES: Final[tuple[Trouble, ...]] = ("error", "busy", "late", "carried out late", "half", "lost", "silent")

_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "expect"})
_LATE_SECONDS: Final = 2.5
_SILENT_SECONDS: Final = 12.0
_ERROR: Final = '<?xml version="1.0"?><Error><Code>{}</Code><Message>of the torture</Message></Error>'


class S3Proxy:
    """`ahead` are troubles that the next requests will have, one each."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.ahead: deque[Trouble] = deque()
        self.had: Counter[Trouble] = Counter()
        self.under_way = 0
        self.port = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.headers.get("Expect"):
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0
            body = await request.read()
        except ConnectionError:  # whoever asked is dead
            return web.Response(status=400)
        trouble = self.ahead.popleft() if self.ahead else None
        if trouble is None:
            return await self._forward(request, body)
        self.had[trouble] += 1
        self.under_way += 1
        try:
            return await asyncio.shield(asyncio.ensure_future(self._spoil(trouble, request, body)))
        finally:
            self.under_way -= 1

    async def _spoil(self, trouble: Trouble, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        match trouble:
            case "error":
                return web.Response(status=500, text=_ERROR.format("InternalError"), content_type="application/xml")
            case "busy":
                return web.Response(status=503, text=_ERROR.format("SlowDown"), content_type="application/xml")
            case "carried out late":
                await asyncio.sleep(_LATE_SECONDS)
            case "silent":
                await asyncio.sleep(_SILENT_SECONDS)
                _cut(request)
        answer = await self._forward(request, body)
        match trouble:
            case "late":
                await asyncio.sleep(_LATE_SECONDS)
            case "lost":
                _cut(request)
            case "half":
                await self._send_half(request, answer)
        return answer

    async def _forward(self, request: web.BaseRequest, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with self._session.request(
            request.method, URL(f"{self._target}{request.raw_path}", encoded=True), data=body or None, headers=headers
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            content = await answer.read()
            if request.method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=kept, body=None if request.method == "HEAD" else content)

    async def _send_half(self, request: web.BaseRequest, answer: web.Response) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b""
        half = web.StreamResponse(status=answer.status, headers=answer.headers)
        half.content_length = len(body)
        await half.prepare(request)
        await half.write(body[: len(body) // 2])
        _cut(request)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            self._session = session
            runner = web.ServerRunner(web.Server(self.handle, access_log=None), shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            try:
                yield
            finally:
                await runner.cleanup()


def _cut(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
