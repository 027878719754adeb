"""A store whose calls are reported: how long each took, and what came of it."""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

from app.events import Observe, StoreCalled
from app.store.protocol import CHUNK, ObjectBody, ObjectStat, ObjectStore

T = TypeVar("T")


class _Timed:
    """Around one call of the store."""

    __slots__ = ("_observe", "_operation", "_started")

    def __init__(self, observe: Observe, operation: str) -> None:
        self._observe = observe
        self._operation = operation

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        seconds = time.perf_counter() - self._started
        self._observe(StoreCalled(self._operation, seconds, kind.__name__ if kind else ""))


class WatchedStore:
    """The store `inner`. Of what is streamed, the time until it is open is told, not that of the transfer: a
    client's line decides that."""

    def __init__(self, inner: ObjectStore, observe: Observe) -> None:
        self._inner = inner
        self._observe = observe

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._inner.__aexit__(*exc_info)

    async def put(
        self, key: str, source: Path | bytes, *, sha256: str | None = None, media_type: str, handover: bool = False
    ) -> bool:
        with _Timed(self._observe, "put"):
            return await self._inner.put(key, source, sha256=sha256, media_type=media_type, handover=handover)

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, end: int | None = None, piece: int = CHUNK
    ) -> AsyncIterator[ObjectBody]:
        async with self._opened("open", self._inner.open(key, start=start, end=end, piece=piece)) as body:
            yield body

    async def read(self, key: str, limit: int) -> bytes:
        with _Timed(self._observe, "read"):
            return await self._inner.read(key, limit)

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        async with self._opened("local", self._inner.local(key)) as path:
            yield path

    async def stat(self, key: str) -> ObjectStat | None:
        with _Timed(self._observe, "stat"):
            return await self._inner.stat(key)

    async def delete(self, keys: Iterable[str]) -> None:
        with _Timed(self._observe, "delete"):
            await self._inner.delete(keys)

    async def delete_versions(self, beginnings: Iterable[str]) -> int:
        with _Timed(self._observe, "delete_versions"):
            return await self._inner.delete_versions(beginnings)

    async def remarks(self) -> list[str]:
        return await self._inner.remarks()

    async def check(self) -> None:
        with _Timed(self._observe, "check"):
            await self._inner.check()

    async def clock(self) -> datetime:
        with _Timed(self._observe, "clock"):
            return await self._inner.clock()

    async def tidy(self) -> None:
        with _Timed(self._observe, "tidy"):
            await self._inner.tidy()

    @asynccontextmanager
    async def _opened(self, operation: str, opening: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
        async with AsyncExitStack() as stack:
            with _Timed(self._observe, operation):
                opened = await stack.enter_async_context(opening)
            yield opened
