"""Containment: a decoder may crash, hang or swell, and only its own image suffers."""

import asyncio
import os
import resource
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import uvloop
from PIL import Image

from app.errors import (
    CodecFailed,
    CodecsTooSlow,
    CodecsUnavailable,
    DiscUnavailable,
    FormatNotAllowed,
    ImageRejected,
    ImageUndecodable,
    Unavailable,
)
from app.events import CodecChildLost, CodecTaskDone, Event
from app.model import Facts, Recipe
from app.raster.child.allowance import Allowance
from app.raster.child.budget import PixelBudget
from app.raster.child.pool import CodecPool
from app.raster.child.process import Child
from app.settings import Settings
from tests.raster.pictures import PILLOW_NAMES, encoded, photo

HOUR = 3600


async def ended(pidfd: int) -> None:
    """Waits until the process behind a pidfd has ended."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(pidfd, over.set)
    try:
        async with asyncio.timeout(10):
            await over.wait()
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)


@pytest.mark.parametrize(
    ("mode", "fmt"),
    [
        *((mode, "JPEG") for mode in ("L", "RGB", "CMYK")),
        *((mode, "PNG") for mode in ("1", "L", "LA", "P", "I;16", "RGB", "RGBA")),
        *((mode, "TIFF") for mode in ("L", "RGB", "CMYK", "YCbCr", "LAB")),
        *((mode, "WEBP") for mode in ("RGB", "RGBA")),
        *((mode, "GIF") for mode in ("L", "P")),
    ],
)
async def test_a_child_needs_no_file_for_any_mode(codecs: CodecPool, tmp_path: Path, mode: str, fmt: str) -> None:
    """What a picture without a profile needs is there before the child shuts itself in: it is drawn in every format and
    looked at."""
    path = tmp_path / "picture"
    colours = photo(60, 40)
    (Image.new(mode, (60, 40)) if mode == "I;16" else colours.convert("RGB").convert(mode)).save(path, fmt)
    (large, *_) = Settings().recipes
    built = await codecs.build(path, (large,), ("jpeg", "png", "webp", "avif", "gif"))
    assert [one.format for one in built] == ["jpeg", "png", "webp", "avif", "gif"]
    await codecs.pixel_facts(path)
    await codecs.inspect(path, allowed={"jpeg", "png", "gif", "webp", "tiff"})


async def test_pictures_are_inspected_and_built_in_a_child(
    codecs: CodecPool, tmp_path: Path, reported: list[Event]
) -> None:
    """The whole way: facts, then renditions, from a path; what was decoded is reported in pixels."""
    path = tmp_path / "picture"
    path.write_bytes(encoded(photo(400, 200), "jpeg"))
    facts = await codecs.inspect(path)
    assert (facts.format, facts.width, facts.height) == ("jpeg", 400, 200)
    made = await codecs.build(path, [Recipe("small", (100, 100)), Recipe("clean", None)], ["jpeg", "webp"])
    assert [(item.recipe.name, item.format, item.width, item.height) for item in made] == [
        ("small", "jpeg", 100, 50),
        ("small", "webp", 100, 50),
        ("clean", "jpeg", 400, 200),
    ]
    tasks = [(event.task, event.pixels) for event in reported if isinstance(event, CodecTaskDone)]
    assert tasks == [("inspect", 80_000), ("build", 80_000)]


async def test_rejections_keep_their_type_and_reason(codecs: CodecPool, tmp_path: Path) -> None:
    """What a child finds wrong reaches the caller as the same typed error."""
    path = tmp_path / "picture"
    path.write_bytes(b"hello")
    with pytest.raises(FormatNotAllowed, match="unknown first bytes"):
        await codecs.inspect(path)
    path.write_bytes(encoded(photo(40, 20), "png")[:60])
    with pytest.raises(ImageUndecodable):
        await codecs.inspect(path)


async def test_a_crash_is_a_rejection_of_one_image(codecs: CodecPool, reported: list[Event]) -> None:
    """A picture on which two children die is refused, the next one is served, and the losses are reported."""
    with pytest.raises(CodecFailed, match="exit status -6"):
        await codecs.run(os.abort)
    assert await codecs.run(len, "next") == 4
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["crash", "crash"]


async def test_a_hang_ends_after_its_time(codecs: CodecPool, reported: list[Event]) -> None:
    """A child that does not return is ended, the next one is served, and the loss is reported. Of an upload nothing is
    said: it did not use up its time, the machine may just not have given it any."""
    with pytest.raises(CodecsUnavailable, match="Timeout"):
        await codecs.run(time.sleep, HOUR, turn="inspect")
    assert await codecs.run(len, "next") == 4
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["timeout"]


async def test_a_loop_without_end_uses_up_its_processor_time(codecs: CodecPool, reported: list[Event]) -> None:
    """The kernel ends a child that has worked for longer than it may; one such end is enough for a refusal."""
    with pytest.raises(CodecFailed, match="Timeout"):
        await codecs.run(exec, "while True: pass", allowance=Allowance(1, HOUR))  # however busy this machine is
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["timeout"]


async def test_a_child_that_gets_no_processor_is_no_verdict(codecs: CodecPool, reported: list[Event]) -> None:
    """A rendition whose child stands still until the clock has run out may be tried again later: the picture is not at
    fault."""
    work = asyncio.create_task(codecs.run(time.sleep, HOUR))
    os.kill((await at_work(codecs)).pid, signal.SIGSTOP)
    with pytest.raises(CodecsTooSlow, match="6 s on the clock"):
        await work
    assert await codecs.run(len, "next") == 4
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["timeout"]


async def test_no_other_decoder_is_ever_loaded(codecs: CodecPool, tmp_path: Path) -> None:
    """After good and bad files of all kinds a child knows the six formats, and three plain ones that Pillow
    cannot be kept from: others of its plug-ins start programs."""
    path = tmp_path / "picture"
    for fmt in PILLOW_NAMES:
        path.write_bytes(encoded(photo(40, 20), fmt))
        await codecs.build(path, [Recipe("small", (10, 10))], ["jpeg", "png", "gif", "webp", "avif"])
    for data in (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", b"\xff\xd8\xff", b"BM" + bytes(60)):
        path.write_bytes(data)
        with pytest.raises(ImageRejected):
            await codecs.inspect(path)
    known = await codecs.run(eval, "set(__import__('PIL.Image').Image.OPEN)")
    assert known == set(PILLOW_NAMES.values()) | {"BMP", "DIB", "PPM", "TIFF"}


async def test_memory_is_limited(codecs: CodecPool) -> None:
    """A child cannot take more than its share."""
    with pytest.raises(CodecFailed, match="MemoryError"):
        await codecs.run(bytearray, Settings().codec_memory_bytes)


async def test_trimming_takes_little_more_memory(tmp_path: Path) -> None:
    """A copy in the file's own mode at most: what is cut off is cut off before colours are looked up, which takes four
    times the memory; and a border is looked for strip by strip."""
    image = Image.new("P", (4000, 4000))
    image.putpalette([255, 255, 255, 220, 30, 30])
    image.paste(1, (100, 100, 3900, 3900))
    path = tmp_path / "picture"
    path.write_bytes(encoded(image, "png", transparency=0, compress_level=1))
    peaks = []
    for trim in (0, 10):
        pool = CodecPool(Settings(codec_processes=1))
        (made,) = await pool.build(path, [Recipe("large", (1500, 1500), trim=trim)])
        peaks.append(await pool.run(eval, "__import__('resource').getrusage(0).ru_maxrss"))
        await pool.close()
    assert made.width == 1500
    assert peaks[1] <= peaks[0] + 1.5 * 4000 * 4000 / 1024, peaks


async def test_unexpected_errors_become_rejections(codecs: CodecPool) -> None:
    """An exception nobody foresaw is told in the reason."""
    with pytest.raises(CodecFailed, match="ZeroDivisionError"):
        await codecs.run(divmod, 1, 0)


async def test_an_exit_is_a_rejection_of_one_image(codecs: CodecPool) -> None:
    """A library that wants to leave the program leaves its child, not the service."""
    with pytest.raises(CodecFailed, match="SystemExit"):
        await codecs.run(sys.exit, 3)
    assert await codecs.run(len, "next") == 4


async def test_a_missing_file_is_no_damaged_image(codecs: CodecPool, tmp_path: Path) -> None:
    """A path without a file is told apart from a picture that cannot be decoded."""
    with pytest.raises(DiscUnavailable, match="No such file"):
        await codecs.inspect(tmp_path / "nothing")


async def test_cancelling_ends_the_work(codecs: CodecPool) -> None:
    """Nobody waits for the result any more, so the child stops working on it."""
    watch = os.pidfd_open(await codecs.run(os.getpid))
    work = asyncio.create_task(codecs.run(time.sleep, HOUR))
    await asyncio.wait([work], timeout=0.2)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await ended(watch)
    assert await codecs.run(len, "next") == 4


async def test_who_is_cancelled_while_a_child_starts_leaves_it_to_the_next() -> None:
    """It is not lost, which would leave a process behind."""
    pool = CodecPool(Settings(codec_processes=1))
    work = asyncio.create_task(pool.run(len, "nobody's"))
    await asyncio.wait([work], timeout=0.02)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    async with asyncio.timeout(60):
        while not pool._idle:  # noqa: ASYNC110 - a thread
            await asyncio.sleep(0.01)
    [started] = pool._idle
    assert await pool.run(os.getpid) == started._process.pid
    assert pool._idle == [started]
    await pool.close()


async def test_an_interrupt_from_the_terminal_does_not_reach_children(codecs: CodecPool) -> None:
    """Ctrl-C goes to the whole process group; the parent ends its children in order."""
    pid = await codecs.run(os.getpid)
    os.kill(pid, signal.SIGINT)
    assert pid == await codecs.run(os.getpid)


async def test_a_killed_idle_child_is_replaced(codecs: CodecPool) -> None:
    """No image pays for what happened to a child that was idle."""
    pid = await codecs.run(os.getpid)
    watch = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    await ended(watch)
    assert pid != await codecs.run(os.getpid)


async def at_work(pool: CodecPool, *known: Child) -> Child:
    """A child that has been given a task, as soon as there is one besides those that are known."""
    async with asyncio.timeout(60):
        while not (busy := [one for one in pool._busy if one not in known and not one.is_ready]):  # noqa: ASYNC110 - a thread
            await asyncio.sleep(0.01)
    return busy[0]


async def killed(pool: CodecPool, times: int) -> None:
    """Kills the child that is at work, as a kernel does that is short of memory, so many times."""
    known: list[Child] = []
    for _ in range(times):
        known.append(await at_work(pool, *known))
        known[-1].kill()


async def test_a_killed_child_is_no_verdict(codecs: CodecPool, reported: list[Event]) -> None:
    """A picture whose child was killed from outside is tried once more, in a fresh child."""
    _, slept = await asyncio.gather(killed(codecs, 1), codecs.run(time.sleep, 0.3))
    assert slept is None
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["crash"]


async def test_a_picture_that_is_killed_alone_twice_is_refused(codecs: CodecPool) -> None:
    """Where nothing else was at work, the picture itself is too much."""
    _, error = await asyncio.gather(killed(codecs, 2), codecs.run(time.sleep, 1), return_exceptions=True)
    assert isinstance(error, CodecFailed)
    assert await codecs.run(len, "next") == 4


async def test_two_kills_among_others_are_no_verdict(reported: list[Event]) -> None:
    """Where others were at work, they may have been too much as well: the client is asked to come back."""
    pool = CodecPool(Settings(codec_processes=2, codec_seconds=60), reported.append)
    other = asyncio.create_task(pool.run(time.sleep, HOUR, turn="inspect"))
    known = [await at_work(pool)]
    work = asyncio.create_task(pool.run(time.sleep, HOUR))
    for _ in range(2):
        known.append(await at_work(pool, *known))
        known[-1].kill()
    with pytest.raises(CodecsUnavailable):
        await work
    await pool.close()
    with pytest.raises(asyncio.CancelledError):
        await other


async def test_a_child_that_cannot_start_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a program to start, without descriptors, or where a child does not come to its first word, the codecs
    are away, and no picture is told to be bad."""
    pool = CodecPool(Settings(codec_processes=1))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CodecsUnavailable, match="did not start"):
        await pool.run(len, "")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CodecsUnavailable, match="did not start"):
        await pool.run(len, "")
    monkeypatch.undo()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(CodecsUnavailable, match="Too many open files"):
            await pool.run(len, "")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert await pool.run(len, "next") == 4
    await pool.close()


async def test_children_let_the_service_go_first(codecs: CodecPool) -> None:
    """Where processors are short a picture waits, and not those who read."""
    assert await codecs.run(partial(os.nice, 0)) > os.nice(0)


async def test_children_are_renewed(codecs: CodecPool) -> None:
    """What a decoder leaks does not pile up for ever."""
    pids = {await codecs.run(os.getpid) for _ in range(250)}
    assert len(pids) == 2


async def test_closing_ends_children_and_work() -> None:
    """After closing no child is left, and work in hand is cancelled."""
    pool = CodecPool(Settings(codec_processes=1))
    watch = os.pidfd_open(await pool.run(os.getpid))
    work = asyncio.create_task(pool.run(time.sleep, HOUR))
    await asyncio.wait([work], timeout=0.2)
    await pool.close()
    await ended(watch)
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(Unavailable):
        await pool.run(len, "late")


ORPHANS = """
import asyncio, os, sys, time
from app.raster.child.pool import CodecPool
from app.raster.child.process import Child
from app.settings import Settings

async def main():
    pool = CodecPool(Settings(codec_processes=1, codec_seconds=3600))
    print(await pool.run(os.getpid), flush=True)
    await pool.run(time.sleep, 3600)

asyncio.run(main())
"""


async def test_children_die_with_a_killed_parent() -> None:
    """After `kill -9` of the service not even a busy child remains."""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHANS, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pids = [int(word) for word in (await parent.stdout.readline()).split()]
    watches = [os.pidfd_open(pid) for pid in pids]
    parent.kill()
    await parent.wait()
    for watch in watches:
        await ended(watch)


PROGRAM = """
import asyncio, os
print("imported", flush=True)

from app.raster.child.pool import CodecPool
from app.raster.child.process import Child
from app.settings import Settings

async def main():
    pool = CodecPool(Settings(codec_processes=2))
    await asyncio.gather(pool.run(os.getpid), pool.run(os.getpid))
    await pool.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_children_do_not_run_the_program_that_starts_them(tmp_path: Path) -> None:
    """A child knows the codecs and nothing else: the service's own modules would cost it memory and time."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    program = await asyncio.create_subprocess_exec(
        sys.executable, script, stdout=asyncio.subprocess.PIPE, env=environment
    )
    output, _ = await program.communicate()
    assert output == b"imported\n"
    assert program.returncode == 0


def test_the_pool_works_under_uvloop(tmp_path: Path) -> None:
    """The service's own event loop waits for children as well as the standard one."""

    async def facts_under_uvloop() -> int:
        pool = CodecPool(Settings(codec_processes=1))
        path = tmp_path / "picture"
        path.write_bytes(encoded(photo(40, 20), "png"))
        try:
            return (await pool.inspect(path)).width
        finally:
            await pool.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(facts_under_uvloop()) == 40


def test_versions_are_told() -> None:
    """`doctor` names the library and its codecs."""
    assert {"pillow", "jpg", "webp", "avif"} <= set(CodecPool(Settings()).describe())


async def test_cleaning_counts_against_the_budget(tmp_path: Path) -> None:
    """It decodes a picture, too, so that two that are too many together come one after the other."""
    path, spans = tmp_path / "picture", list[tuple[float, float]]()
    path.write_bytes(encoded(photo(1500, 1000), "jpeg"))

    def observe(event: Event) -> None:
        if isinstance(event, CodecTaskDone):
            spans.append((time.perf_counter() - event.seconds, time.perf_counter()))

    pool = CodecPool(replace(Settings(), codec_processes=2, codec_pixels=3_000_000), observe)
    try:
        for _ in range(2):  # in the first round children start, one later than the other
            await asyncio.gather(*(pool.build(path, [Recipe("clean", None)]) for _ in range(2)))
    finally:
        await pool.close()
    (_, first_end), (second_start, _) = spans[2:]
    assert second_start > first_end - 0.001


@pytest.mark.parametrize("lacks", ["a turn", "room"])
async def test_who_waits_is_answered_in_time(codecs: CodecPool, tmp_path: Path, lacks: str) -> None:
    """The wait for a turn, or for room, counts: whoever waits has an answer after the time that a still has."""
    path = tmp_path / "picture"
    path.write_bytes(encoded(photo(40, 20), "gif", save_all=True, append_images=[photo(40, 20, "L")]))
    async with AsyncExitStack() as held:
        if lacks == "a turn":
            await held.enter_async_context(codecs.turns.take("build"))
        else:
            for _ in range(2):
                largest = codecs._budgets.to_build(Facts("jpeg", 12_000, 10_000), waited_for=True)
                await held.enter_async_context(largest)
        began = time.monotonic()
        with pytest.raises(CodecsTooSlow, match="6 s on the clock"):
            await codecs.build(path, [Recipe("small", (10, 10))], waited_for=True)
        assert 5.9 < time.monotonic() - began < 30
    assert await codecs.build(path, [Recipe("small", (10, 10))], waited_for=True)


async def test_a_long_job_leaves_a_builder_to_readers(tmp_path: Path) -> None:
    """Large animations that nobody waits for are built one at a time, where there are two builders; a reader has the
    other."""
    path, still = tmp_path / "animation", tmp_path / "still"
    frames = [Image.new("P", (1000, 500), number) for number in range(10)]
    path.write_bytes(encoded(frames[0], "gif", save_all=True, append_images=frames[1:]))
    still.write_bytes(encoded(photo(40, 20), "jpeg"))
    pool, small = CodecPool(Settings(codec_processes=2)), [Recipe("small", (100, 100))]
    async with pool.turns.take("long"):
        job = asyncio.create_task(pool.build(path, small))
        async with asyncio.timeout(30):
            while not pool.turns._waiting["long"]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert await pool.build(still, small, waited_for=True)
        assert await pool.build(path, small, waited_for=True)
        assert not job.done()
    assert await job
    await pool.close()


async def test_the_budget_lets_no_more_pixels_in_than_it_has() -> None:
    """Work waits in order until pixels are free; what is larger than the whole budget runs alone."""
    budget, order = PixelBudget(10), []
    gates = [asyncio.Event() for _ in range(4)]

    async def work(number: int, pixels: int) -> None:
        async with budget.take(pixels):
            order.append(number)
            await gates[number].wait()

    tasks = [asyncio.create_task(work(number, pixels)) for number, pixels in enumerate((6, 4, 100, 1))]
    await asyncio.wait(tasks, timeout=0.01)
    assert order == [0, 1]
    gates[0].set()
    gates[1].set()
    await asyncio.gather(tasks[0], tasks[1])
    await asyncio.wait(tasks, timeout=0.01)
    assert order == [0, 1, 2]
    gates[3].set()
    gates[2].set()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3]


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    """Who leaves the queue does not block those behind."""
    budget = PixelBudget(10)
    async with budget.take(10):
        waiting = asyncio.create_task(_touch(budget, 5))
        behind = asyncio.create_task(_touch(budget, 10))
        await asyncio.wait([waiting], timeout=0.01)
        waiting.cancel()
    await behind
    assert waiting.cancelled()


async def _touch(budget: PixelBudget, pixels: int) -> None:
    async with budget.take(pixels):
        pass
