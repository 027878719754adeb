"""Debian's Chromium, told what to do over its debugging protocol."""

import asyncio
import base64
import itertools
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

_WORDS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
    "--no-first-run", "--disable-background-networking", "--no-proxy-server", "about:blank",
)  # fmt: skip
_READY_SECONDS: Final = 60.0


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            reported = await self._socket.receive_json()
            if reported.get("id") == number:
                assert "error" not in reported, reported
                return dict(reported["result"])

    async def width(self, pixels: int) -> None:
        """As wide as a phone or a window."""
        size = {"width": pixels, "height": 844, "deviceScaleFactor": 1, "mobile": pixels < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)

    async def value(self, expression: str) -> Any:
        """What a script on the page gives, once its promise is kept."""
        reported = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in reported, reported
        return reported["result"].get("value")

    async def open(self, url: str, ready: str) -> None:
        """Goes there, and waits until the expression `ready` is true."""
        await self.call("Page.navigate", url=url)
        async with asyncio.timeout(_READY_SECONDS):
            while not await self.value(f"document.readyState === 'complete' && Boolean({ready})"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def picture(self) -> bytes:
        """What is to be seen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def chromium_page() -> AsyncIterator[Page]:
    """A page of a browser of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = ("chromium", *_WORDS[:-1], f"--user-data-dir={profile}", _WORDS[-1])
        process = await asyncio.create_subprocess_exec(*words, stdout=DEVNULL, stderr=PIPE)
        try:
            port = await _port(process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    [target] = [one for one in await answer.json() if one["type"] == "page"]
                async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            process.terminate()
            await process.communicate()


async def _port(process: Process) -> int:
    assert process.stderr is not None
    async with asyncio.timeout(_READY_SECONDS):
        while line := await process.stderr.readline():
            if found := re.search(rb"DevTools listening on ws://[^:]+:(\d+)/", line):
                return int(found[1])
    raise AssertionError("Chromium ended before it listened")
