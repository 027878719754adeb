"""A shop of a million products beside one of a thousand, each behind one process with the same memory for documents:
hot reads, whose keys follow Zipf's law, and cold ones."""

import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

import asyncpg

from app.db.listen import CATALOGUE_CHANGE
from bench.catalogue import Catalogue, glue_path, open_catalogue
from bench.quiet import Turns, in_turns, reported
from bench.servers import Measured, Server, ask, load, ours
from bench.shop import Shop, sku
from bench.table import Row, at_least, at_most
from bench.wire import get
from bench.zipf import Keys

LARGE: Final = 1_000_000
SMALL: Final = 1_000
_LITTLE: Final = 64  # MB for documents
_PLENTY: Final = 600  # for those of all products
_ONCE: Final = 50_000  # products in a batch of those that are read once, so many at a time that statements are shared
_ONCE_READERS: Final = 128
_HOT: Final = 100_000  # requests in a turn, of which most are answered from memory
_LARGE_HOT: Final = 10_000  # likewise, where documents are so large that many are not
_COLD: Final = 1_000  # likewise; each for another product
_COLD_READERS: Final = 4  # so few that requests do not wait for one another
_TURNS: Final = 7
_PATIENCE_SECONDS: Final = 60.0
_MB: Final = 1_000_000
_PARSED: Final = ", all parsed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read of a product: as titles call it, under which path, what keeps it, and after how many requests that
    holds what it will, in batches as large as a `turn`; with `memory` in MB for all that is kept. `target` is for the
    rate of hot reads. With plenty of memory each product is read once before. Those `parsed` are all left to the
    framework's parser: beside answers from in front of it, which came later, the small shop is three times as fast, and
    what is not in memory weighs three times as much."""

    what: str
    path: Callable[[int], str]
    cache: str
    warm: int
    memory: int = _LITTLE
    target: float = 0.90
    turn: int = _HOT
    parsed: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """A shop and the process that serves it, which is asked for a product as `asked` says. `unread` are keys for cold
    turns."""

    catalogue: Catalogue
    server: Server
    asked: "Asked"
    keys: Keys
    unread: Iterator[list[int]]

    def requests(self, numbers: Sequence[int]) -> list[bytes]:
        return [get(self.asked.path(number), Accept="application/json") for number in numbers]

    async def once(self) -> None:
        """Each product."""
        batches = self.keys.batches(_ONCE)
        for _ in range(self.catalogue.products // _ONCE):
            await self._load(next(batches), _ONCE_READERS)

    async def hot(self) -> Measured:
        return await self._load(self.keys.popular(self.asked.turn))

    async def cold(self) -> Measured:
        """Each product for the first time since the process forgot everything."""
        connection = await asyncpg.connect(self.catalogue.dsn)
        try:
            await connection.execute("select pg_notify($1, '*')", CATALOGUE_CHANGE)
        finally:
            await connection.close()
        return await self._load(next(self.unread), _COLD_READERS)

    async def looks(self) -> tuple[float, float]:
        """Into the cache so far: with success, and without."""
        figures = (await ask(self.server, get("/metrics"))).body
        return _figure(self.asked.cache, "hits", figures), _figure(self.asked.cache, "misses", figures)

    async def _load(self, numbers: Sequence[int], *connections: int) -> Measured:
        measured = await load(self.server, self.requests(numbers), 0, *connections)
        assert not measured.failed, f"{measured.failed} requests failed"
        return measured


async def at_scale(_: Shop) -> list[Row]:
    asked = Asked("", glue_path, "documents", 3_000_000, target=0.60)
    return [*await _both(asked), *await _parsed(asked)]


async def with_memory(_: Shop) -> list[Row]:
    """For all documents, each of which was read before."""
    asked = Asked("", glue_path, "documents", 1_000_000, _PLENTY, 0.85)
    return [*await _filled(asked), *await _filled(replace(asked, what=_PARSED, parsed=True))]


async def media_at_scale(_: Shop) -> list[Row]:
    """What storefronts are shown of one product: a quarter of the memory is theirs."""
    asked = Asked(" of /v1/media", _media_path, "shown", 60_000, target=0.60, turn=_LARGE_HOT)
    return [*await _both(asked), *await _parsed(asked)]


async def _filled(asked: Asked) -> list[Row]:
    async with _served(LARGE, asked) as large, _served(SMALL, asked) as small:
        await large.once()
        return await _hot(large, small)


async def _parsed(asked: Asked) -> list[Row]:
    asked = replace(asked, what=asked.what + _PARSED, parsed=True)
    async with _served(LARGE, asked) as large, _served(SMALL, asked) as small:
        return await _hot(large, small)


def _media_path(number: int) -> str:
    return f"/v1/media?sku={sku(number)}"


async def _both(asked: Asked) -> list[Row]:
    async with _served(LARGE, asked) as large, _served(SMALL, asked) as small:
        return [*await _hot(large, small), await _cold(large, small)]


@asynccontextmanager
async def _served(products: int, asked: Asked) -> AsyncIterator[Served]:
    async with AsyncExitStack() as stack:
        catalogue = await stack.enter_async_context(open_catalogue(products))
        shutil.rmtree(catalogue.folder / "asked", ignore_errors=True)  # it would tell the very draws that are to come
        memory = {"DOCUMENT_CACHE_BYTES": str(asked.memory * 1024**2), "FAST_PATH": str(not asked.parsed)}
        settings = catalogue.settings | memory
        server = await stack.enter_async_context(ours(settings))
        keys = Keys(products)
        yield Served(catalogue, server, asked, keys, keys.batches(_COLD))


async def _hot(large: Served, small: Served) -> list[Row]:
    for _ in range(large.asked.warm // large.asked.turn):
        for one in (large, small):
            await one.hot()
    before = await large.looks()
    turns = await _compared(large.hot, small.hot)
    hits, misses = (after - former for after, former in zip(await large.looks(), before, strict=True))
    mine, base = (one.usual(attrgetter("rate"), max) for one in turns)
    asked = large.asked
    title = f"hot reads{asked.what} by Zipf's law, {LARGE:,} products to {SMALL:,}, {asked.memory} MB for documents"
    return [
        at_least(title, _shown(turns[0]), _shown(turns[1]), mine / base, asked.target, reported(turns)),
        Row("the same, found in memory", f"{hits / (hits + misses):.2%}"),
        Row("the same, memory of the process", _memory(large), _memory(small)),
    ]


async def _cold(large: Served, small: Served) -> Row:
    for one in (large, small):
        await one.cold()  # to warm up the connections to Postgres
    turns = await _compared(large.cold, small.cold)
    mine, base = (one.usual(attrgetter("p99"), min) for one in turns)
    title = f"cold reads{large.asked.what}, {LARGE:,} products to {SMALL:,}: p99"
    return at_most(title, f"{mine:.2f} ms", f"{base:.2f} ms", mine / base, 1.5, reported(turns))


async def _compared(
    large: Callable[[], Awaitable[Measured]], small: Callable[[], Awaitable[Measured]]
) -> list[Turns[Measured]]:
    print("warm, turns begin", flush=True)
    turns = await in_turns({"large": large, "small": small}, enough=_TURNS, patience=_PATIENCE_SECONDS)
    print("turns end", flush=True)
    return [turns["large"], turns["small"]]


def _shown(turns: Turns[Measured]) -> str:
    rate, cpu, p99 = (turns.usual(attrgetter(name), best) for name, best in (("rate", max), ("cpu", min), ("p99", min)))
    return f"{rate:,.0f}/s, {cpu:.0f} us cpu, p99 {p99:.1f} ms"


def _memory(served: Served) -> str:
    return f"{served.server.memory() / _MB:.0f} MB"


def _figure(cache: str, name: str, figures: str) -> float:
    found = re.search(rf'^product_images_cache_{name}_total{{cache="{cache}"}} (\S+)', figures, re.MULTILINE)
    assert found
    return float(found[1])
