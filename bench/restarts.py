"""What a restart costs clients and Postgres, in a shop of a million products whose keys follow Zipf's law."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.catalogue import Catalogue, glue_path, open_catalogue
from bench.scale import LARGE
from bench.servers import Measured, Server, ask, load, ours
from bench.shop import Shop
from bench.table import Row, at_most
from bench.wire import get
from bench.zipf import Keys

_CACHE_BYTES: Final = 64 * 1024 * 1024
_WARM: Final = 500_000  # requests
_BATCH: Final = 50_000  # of them
_AFTER: Final = 10_000  # requests after a restart
_ROLLING: Final = 40_000  # requests to each of two processes between restarts


@dataclass(frozen=True, slots=True)
class _Process:
    server: Server
    keys: Keys

    async def read(self, count: int) -> Measured:
        """So many draws, which nobody has made before."""
        requests = [get(glue_path(number), Accept="application/json") for number in self.keys.popular(count)]
        measured = await load(self.server, requests, 0)
        assert not measured.failed, f"{measured.failed} requests failed"
        return measured

    async def statements(self) -> float:
        """That made documents, since there are figures."""
        figures = (await ask(self.server, get("/metrics"))).body
        name = "product_images_database_statement_seconds_count"
        return sum(map(float, re.findall(rf'^{name}{{[^}}]*query="image_sets"[^}}]*}} (\S+)', figures, re.MULTILINE)))


async def restarts(_: Shop) -> list[Row]:
    async with open_catalogue(LARGE) as catalogue:
        return [await _restarted(catalogue), await _exchanged(catalogue)]


async def _restarted(catalogue: Catalogue) -> Row:
    """The first requests of a process that begins where another one has ended."""
    keys, folder = Keys(LARGE), _emptied(catalogue.folder / "restarted")
    async with _process(catalogue, keys, folder) as before:
        for _ in range(_WARM // _BATCH):
            await before.read(_BATCH)
        print("warm, turns begin", flush=True)
        usual = await before.read(_AFTER)
    async with _process(catalogue, keys, folder) as after:
        first = await after.read(_AFTER)
    print("turns end", flush=True)
    title = f"the first {_AFTER:,} reads after a restart, to those before it: p99"
    return at_most(title, f"{first.p99:.2f} ms", f"{usual.p99:.2f} ms", first.p99 / usual.p99, 2.0)


async def _exchanged(catalogue: Catalogue) -> Row:
    """Two processes under load that are exchanged one after the other: statements for each read, to the usual."""
    keys, folders = Keys(LARGE), [_emptied(catalogue.folder / f"exchanged-{number}") for number in (1, 2)]
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        stacks = first, second
        begun = zip(stacks, folders, strict=True)
        pair = [await stack.enter_async_context(_process(catalogue, keys, folder)) for stack, folder in begun]
        for _ in range(_WARM // _ROLLING // 2):
            await _both(pair)
        before = [await one.statements() for one in pair]
        await _both(pair)
        usual = sum([await one.statements() for one in pair]) - sum(before)
        during = 0.0
        for number, stack in enumerate(stacks):
            await stack.aclose()
            shutil.rmtree(folders[number] / "figures")  # so that the next one counts from nothing
            pair[number] = await stack.enter_async_context(_process(catalogue, keys, folders[number]))
            await _both(pair)
            during += await pair[number].statements()
    shown = [f"{100 * statements / (2 * _ROLLING):.2f} for 100 reads" for statements in (during, usual)]
    title = "statements of two processes exchanged under load, what makes them ready included, to the usual"
    return at_most(title, shown[0], shown[1], during / usual, 2.0)


@asynccontextmanager
async def _process(catalogue: Catalogue, keys: Keys, folder: Path) -> AsyncIterator[_Process]:
    own = {"DOCUMENT_CACHE_BYTES": str(_CACHE_BYTES), "DRAIN_SECONDS": "0", "DATA_DIR": str(folder)}
    async with ours(catalogue.settings | own) as server:
        yield _Process(server, keys)


async def _both(pair: Sequence[_Process]) -> None:
    await asyncio.gather(*(one.read(_ROLLING) for one in pair))


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
