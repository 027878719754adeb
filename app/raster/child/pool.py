"""The codec pool: images are decoded and encoded in child processes that may crash, hang or swell alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

from app.errors import CodecFailed, CodecsTooSlow, CodecsUnavailable, DiscUnavailable, ImageTooSlow, Unavailable
from app.events import CodecChildLost, CodecTaskDone, Observe, nobody
from app.model import SOURCE_FORMATS, Facts, Format, MarksKey, PixelFacts, Placeholder, Recipe, Rendered, SourceFormat
from app.raster.child import work as child
from app.raster.child.allowance import Allowance, is_large, of_building, of_inspection, of_still, pixels_by, pixels_of
from app.raster.child.believed import believed_pixel_facts, believed_placeholder, believed_renditions
from app.raster.child.budget import Budgets
from app.raster.child.process import Child, ChildLost, NotStarted, start
from app.raster.child.turns import Turn, Turns
from app.raster.facts.limits import Limits
from app.raster.published import Keep, keep_of
from app.raster.steps.edit import UNEDITED, Edit
from app.settings import Settings

T = TypeVar("T")
_Work = tuple[Allowance, Callable[..., T], Sequence[Any]]
"""What it may take, what is called, and with what."""
_Wanted = tuple[Sequence[Recipe], Sequence[Format] | None, Keep, Edit]

_TASKS_PER_CHILD: Final = 200


class CodecPool:
    """Children start with the first images. One pool serves one event loop."""

    def __init__(self, settings: Settings, observe: Observe = nobody) -> None:
        self._observe = observe
        self._seconds = settings.codec_seconds
        self._memory = settings.codec_memory_bytes
        self._limits = Limits(settings.max_pixels, settings.max_total_pixels, settings.max_frames)
        self._keep_copyright = settings.rights != "none"
        self.turns = Turns(settings.codec_processes)
        self._budgets = Budgets(settings.codec_pixels)
        self._threads = ThreadPoolExecutor(2 * settings.codec_processes + 2, thread_name_prefix="codecs")
        self._numbers = count()
        self._begun = 0
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._running: set[asyncio.Future[Any]] = set()
        self._ending: set[asyncio.Future[None]] = set()
        self._closed = False

    async def inspect(
        self, path: Path, *, whole: bool = True, allowed: Set[SourceFormat] = SOURCE_FORMATS, turn: Turn = "inspect"
    ) -> Facts:
        """What the file at `path` is, every frame of which was decoded; notes tell what was found. Without `whole` a
        JPEG may end inside its scans. What is not `allowed` is not even opened.

        Raises FormatNotAllowed, ImageLimitExceeded, ImageUndecodable or CodecFailed, or one of their kinds, for the
        picture's own sake;
        CodecsUnavailable where children were ended from outside or had too little time, DiscUnavailable where the
        file cannot be read: then nothing is said of the picture.
        """
        facts: Facts = await self.run(child.header, self._limits, allowed, path=path, turn=turn)
        async with self._at_work("inspect", facts, self._budgets.to_inspect(facts)):
            allowance = of_inspection(self._seconds, facts)
            return await self.run(child.inspect, self._limits, whole, path=path, turn=turn, allowance=allowance)

    async def build(
        self,
        path: Path,
        recipes: Sequence[Recipe],
        formats: Sequence[Format] | None = None,
        *,
        turn: Turn = "build",
        marked: bool = False,
        edit: Edit = UNEDITED,
        waited_for: bool = False,
    ) -> list[Rendered]:
        """Every recipe in every format (None: the source's own), from one decode, as an `edit` shows it; `marked` ones
        carry its marks. Where it is `waited_for`, an animation is given no longer on the clock than a still, and that
        with its turn and all.

        A recipe without a box gives the cleaned original, in its own format only. Raises as `inspect` does.
        """
        clock = of_still(self._seconds).clock if waited_for else None
        wanted = tuple(recipes), formats, keep_of(recipes, marked=marked, noticed=self._keep_copyright), edit
        try:
            async with asyncio.timeout(clock):
                made = await self._built_of(path, wanted, turn, waited_for=waited_for)
        except TimeoutError as error:
            raise CodecsTooSlow(f"Timeout: {clock} s on the clock, with the wait for its turn") from error
        return believed_renditions(made, recipes)

    async def _built_of(self, path: Path, wanted: _Wanted, turn: Turn, *, waited_for: bool) -> list[Rendered]:
        facts: Facts = await self.run(child.header, self._limits, path=path, turn=turn)
        recipes, formats, *_ = wanted
        pixels = [pixels_by(recipe, facts.frames, pixels_of(facts)) for recipe in recipes]
        if turn == "build" and not waited_for and is_large(facts.frames, max(pixels, default=0)):
            turn = "long"
        async with self._at_work("build", facts, self._budgets.to_build(facts, waited_for=waited_for)):
            written = sum(pixels) * len(formats or (facts.format,))
            allowance = of_building(self._seconds, facts, written, waited_for=waited_for)
            return await self.run(child.build, self._limits, *wanted, path=path, turn=turn, allowance=allowance)

    async def marks(self, path: Path) -> MarksKey:
        """What tells an image's marks from others; raises as `inspect` does."""
        marks: MarksKey = await self.run(child.marks, self._limits, path=path)
        return marks

    async def placeholder(self, path: Path) -> Placeholder:
        """What stands for a picture, of which a small rendition is in the file; raises as `build` does."""
        return believed_placeholder(await self.run(child.placeholder, self._limits, path=path))

    async def pixel_facts(self, path: Path) -> PixelFacts:
        """What is found in the pixels of a picture, the first frame of an animation; raises as `build` does. Nobody
        waits for it."""
        facts: Facts = await self.run(child.header, self._limits, path=path)
        turn: Turn = "long" if is_large(facts.frames, pixels_of(facts)) else "build"
        async with self._at_work("build", facts, self._budgets.to_build(facts, waited_for=False)):
            allowance = of_building(self._seconds, facts, pixels_of(facts), waited_for=False)
            task = self.run(child.pixel_facts, self._limits, path=path, turn=turn, allowance=allowance)
            return believed_pixel_facts(await task)

    async def run(
        self,
        task: Callable[..., T],
        *args: Any,
        path: Path | None = None,
        turn: Turn = "build",
        allowance: Allowance | None = None,
    ) -> T:
        """`task(*args)` in a child, with the open file at `path` before the other arguments, within its `allowance`
        (None: that of a still).

        A picture that ends its child is tried once more in a fresh one. Should that end, too, it is refused, unless
        somebody else ended it while others were at work. Cancelling the caller ends the child that works for it.
        CodecsTooSlow where the clock ran out before the processor time: the machine had too much else to do.
        """
        work = allowance or of_still(self._seconds), task, args
        async with self.turns.take(turn):
            try:
                return await self._twice(path, work, turn)
            except TimeoutError as error:
                raise CodecsTooSlow(str(error)) from error

    async def _twice(self, path: Path | None, work: _Work[T], turn: Turn) -> T:
        try:
            return await self._attempt(self._usual, path, work)
        except ChildLost as lost:
            if lost.out_of_time:
                raise ImageTooSlow(f"Timeout: {lost}") from lost
            if turn == "further" and not isinstance(lost, NotStarted):
                raise CodecFailed(str(lost)) from lost
        begun, was_alone = self._begun, self.turns.taken == 1
        try:
            return await self._attempt(self._fresh, path, work)
        except NotStarted as again:
            raise CodecsUnavailable(f"a codec child did not start: {again}") from again
        except ChildLost as again:
            if again.from_outside and not (was_alone and self._begun == begun + 1):
                raise CodecsUnavailable(f"two children were ended from outside: {again}") from again
            raise CodecFailed(str(again)) from again

    async def close(self) -> None:
        """Ends the children; work in hand is cancelled."""
        self._closed = True
        for answer in tuple(self._running):
            answer.cancel()
        for one in self._busy:
            one.kill()
        while self._idle:
            self._retire(self._idle.pop())
        while self._busy or self._ending:
            await asyncio.sleep(0)
            await asyncio.gather(*self._ending)
        self._threads.shutdown(wait=False)

    def describe(self) -> dict[str, str]:
        """The versions of the codecs, for `doctor`."""
        return child.versions()

    async def contained(self) -> dict[str, bool]:
        """Which walls a child has shut itself in with, and whether each holds; for `doctor`."""
        async with self.turns.take("inspect"):
            try:
                one = await self._usual()
            except ChildLost as lost:
                raise CodecsUnavailable(f"a codec child did not start: {lost}") from lost
            self._put_back(one)
            return one.contained

    async def _attempt(self, take: Callable[[], Awaitable[Child]], path: Path | None, work: _Work[T]) -> T:
        one = await take()
        self._busy.add(one)
        self._begun += 1
        try:
            return await self._answer(one, path, work)
        except ChildLost as lost:
            self._observe(CodecChildLost("timeout" if lost.out_of_time else "crash", str(lost)))
            raise
        except TimeoutError:
            raise
        except OSError as error:
            raise DiscUnavailable(str(error)) from error
        finally:
            self._put_back(one)

    async def _answer(self, one: Child, path: Path | None, work: _Work[T]) -> T:
        allowance, task, args = work
        one.is_ready = False
        answer: asyncio.Future[T] = self._in_thread(one.ask, path, allowance.processor, task, args)
        self._running.add(answer)
        answer.add_done_callback(self._heard)
        try:
            async with asyncio.timeout(allowance.clock):
                return await asyncio.shield(answer)
        except TimeoutError:
            late = f"Timeout: {allowance.clock} s on the clock"
            self._observe(CodecChildLost("timeout", late))
            raise TimeoutError(late) from None

    def _heard(self, answer: asyncio.Future[Any]) -> None:
        self._running.discard(answer)
        if not answer.cancelled():
            answer.exception()  # with its caller gone nobody else would look at it

    async def _usual(self) -> Child:
        while self._idle:
            one = self._idle.pop()
            if one.is_alive():
                return one
            self._retire(one)  # it was killed from outside, which is no image's fault
        return await self._fresh()

    async def _fresh(self) -> Child:
        if self._closed:
            raise Unavailable("the codec pool is closed")
        if self._idle:
            self._retire(self._idle.pop())  # it makes room
        starting = self._in_thread(start, next(self._numbers), self._memory, self._limits.pixels)
        try:
            one = await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._unwanted)
            raise
        if self._closed:
            self._retire(one)
            raise Unavailable("the codec pool is closed")
        return one

    def _unwanted(self, starting: asyncio.Future[Child]) -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._put_back(starting.result())

    def _put_back(self, one: Child) -> None:
        self._busy.discard(one)
        if one.is_ready and one.tasks < _TASKS_PER_CHILD and not self._closed:
            self._idle.append(one)
        else:
            self._retire(one)

    def _retire(self, one: Child) -> None:
        one.kill()
        ending = asyncio.get_running_loop().run_in_executor(None, one.end)
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _in_thread(self, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    @asynccontextmanager
    async def _at_work(self, task: str, facts: Facts, budget: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        async with budget:
            started = time.perf_counter()
            yield
            self._observe(CodecTaskDone(task, pixels_of(facts), time.perf_counter() - started))
