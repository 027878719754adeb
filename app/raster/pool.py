"""The codec pool: images are decoded and encoded in child processes that may crash, hang or swell alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pebble import ProcessExpired, ProcessPool

from app.errors import CodecFailed, ProductImagesError, Unavailable
from app.events import CodecChildLost, CodecTaskDone, Observe, nobody
from app.model import Facts, Format, Recipe, Rendered
from app.raster import child
from app.raster.budget import PixelBudget
from app.raster.launch import Launcher
from app.raster.limits import Limits
from app.settings import Settings

T = TypeVar("T")

_TASKS_PER_CHILD: Final = 200
_GRACE: Final = 10
"""Seconds beyond a task's time after which the pool itself is taken to be stuck."""


class _PoolBroken(CodecFailed):
    """The image could not be processed."""


class CodecPool:
    """Children start with the first image. One pool serves one event loop."""

    def __init__(self, settings: Settings, observe: Observe = nobody) -> None:
        self._observe = observe
        self._processes = settings.codec_processes
        self._seconds = settings.codec_seconds
        self._memory = settings.codec_memory_bytes
        self._limits = Limits(settings.max_pixels, settings.max_total_pixels, settings.max_frames)
        self._keep_copyright = settings.keep_copyright
        self._slots = asyncio.Semaphore(self._processes)
        self._budget = PixelBudget(settings.codec_pixels)
        self._starting = asyncio.Lock()
        self._pool: ProcessPool | None = None
        self._running: set[Future[Any]] = set()
        self._closed = False

    async def inspect(self, path: Path, *, decode: bool = True, whole: bool = True) -> Facts:
        """What the file at `path` is. With `decode` every frame of it was decoded, too, and notes tell what was
        found; without `whole` a JPEG may end inside its scans.

        Raises FormatNotAllowed, ImageLimitExceeded, ImageUndecodable or CodecFailed, and nothing else.
        """
        facts = await self.run(child.header, path, self._limits)
        if not decode:
            return facts
        async with self._budget.take(_pixels(facts)), self._told("inspect", facts):
            return await self.run(child.inspect, path, self._limits, whole)

    async def build(
        self, path: Path, recipes: Sequence[Recipe], formats: Sequence[Format] | None = None
    ) -> list[Rendered]:
        """Every recipe in every format (None: the source's own), from one decode.

        A recipe without a box gives the cleaned original, in its own format only. Raises as `inspect` does.
        """
        facts = await self.run(child.header, path, self._limits)
        work = _pixels(facts) if any(recipe.box for recipe in recipes) else 0
        async with self._budget.take(work), self._told("build", facts):
            return await self.run(child.build, path, self._limits, tuple(recipes), formats, self._keep_copyright)

    async def run(self, task: Callable[..., T], *args: Any) -> T:
        """`task(*args)` in a child; a crash, a hang or a want of memory becomes CodecFailed.

        Cancelling the caller ends the child that works for it.
        """
        async with self._slots:
            try:
                return await self._attempt(task, *args)
            except _PoolBroken:  # an idle child was killed from outside, which is no image's fault
                return await self._attempt(task, *args)

    async def close(self) -> None:
        """Ends the children; work in hand is cancelled."""
        self._closed = True
        for future in tuple(self._running):
            future.cancel()
        if self._pool is not None:
            await self._discard(self._pool)

    def describe(self) -> dict[str, str]:
        """The versions of the codecs, for `doctor`."""
        return child.versions()

    async def _attempt(self, task: Callable[..., T], *args: Any) -> T:
        pool = await self._ready()
        try:
            future = pool.schedule(child.run, args=(self._seconds, task, *args), timeout=self._seconds)
            return await self._result(pool, future)
        except RuntimeError as error:
            self._observe(CodecChildLost("pool", str(error)))
            await self._discard(pool)
            raise _PoolBroken(f"the pool broke: {error}") from error

    async def _result(self, pool: ProcessPool, future: Future[T]) -> T:
        self._running.add(future)
        try:
            async with asyncio.timeout(self._seconds + _GRACE) as patience:
                return await asyncio.wrap_future(future)
        except (ProductImagesError, RuntimeError):
            raise
        except Exception as error:
            self._tell_loss(error, stuck=patience.expired())
            if patience.expired():
                await self._discard(pool)
            raise CodecFailed(_words(error)) from error
        finally:
            self._running.discard(future)

    def _tell_loss(self, error: Exception, *, stuck: bool) -> None:
        if stuck:
            self._observe(CodecChildLost("pool", _words(error)))
        elif isinstance(error, TimeoutError):
            self._observe(CodecChildLost("timeout", _words(error)))
        elif isinstance(error, ProcessExpired):
            self._observe(CodecChildLost("crash", _words(error)))

    @asynccontextmanager
    async def _told(self, task: str, facts: Facts) -> AsyncIterator[None]:
        started = time.perf_counter()
        yield
        self._observe(CodecTaskDone(task, _pixels(facts), time.perf_counter() - started))

    async def _ready(self) -> ProcessPool:
        async with self._starting:
            if self._closed:
                raise Unavailable("the codec pool is closed")
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._start)
            return self._pool

    def _start(self) -> ProcessPool:
        pool = ProcessPool(
            self._processes,
            max_tasks=_TASKS_PER_CHILD,
            initializer=child.prepare,
            initargs=(self._memory, self._limits.pixels),
            context=Launcher(),
        )
        assert pool.active  # asking starts the children
        return pool

    async def _discard(self, pool: ProcessPool) -> None:
        if self._pool is not pool:  # somebody else does it already
            return
        self._pool = None
        pool.stop()
        await asyncio.to_thread(pool.join)


def _pixels(facts: Facts) -> int:
    return facts.width * facts.height * facts.frames


def _words(error: Exception) -> str:
    code = getattr(error, "exitcode", None)
    ending = "" if code is None else f" (exit status {code})"
    return f"{type(error).__name__}: {error}{ending}"
