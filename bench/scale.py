"""A shop of a million products beside one of a thousand, each behind one process with the same memory for documents:
hot reads, whose keys follow Zipf's law, and cold ones."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import asyncpg

from app.db.listen import CATALOGUE_CHANGE
from bench.catalogue import Catalogue, open_catalogue
from bench.quiet import Turns, in_turns, told
from bench.servers import Measured, Server, ask, load, ours
from bench.shop import Shop
from bench.table import Row, at_least, at_most
from bench.wire import get
from bench.zipf import Keys

_LARGE: Final = 1_000_000
_SMALL: Final = 1_000
_CACHE_BYTES: Final = 64 * 1024 * 1024
_WARM: Final = 1_000_000  # requests, in batches as large as a turn
_HOT: Final = 100_000  # requests in a turn
_COLD: Final = 1_000  # likewise; each for another product
_COLD_READERS: Final = 4  # so few that requests do not wait for one another
_TURNS: Final = 7
_PATIENCE_SECONDS: Final = 120.0
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Served:
    """A shop and the process that serves it. `unread` are keys for cold turns."""

    catalogue: Catalogue
    server: Server
    keys: Keys
    unread: Iterator[list[int]]

    def requests(self, numbers: Sequence[int]) -> list[bytes]:
        return [get(self.catalogue.path(number), Accept="application/json") for number in numbers]

    async def hot(self) -> Measured:
        return await self._load(self.keys.popular(_HOT))

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
        return _figure("hits", figures), _figure("misses", figures)

    async def _load(self, numbers: Sequence[int], *connections: int) -> Measured:
        measured = await load(self.server, self.requests(numbers), 0, *connections)
        assert not measured.failed, f"{measured.failed} requests failed"
        return measured


async def at_scale(_: Shop) -> list[Row]:
    async with _served(_LARGE) as large, _served(_SMALL) as small:
        return [*await _hot(large, small), *await _cold(large, small)]


@asynccontextmanager
async def _served(products: int) -> AsyncIterator[Served]:
    async with AsyncExitStack() as stack:
        catalogue = await stack.enter_async_context(open_catalogue(products))
        settings = catalogue.settings | {"DOCUMENT_CACHE_BYTES": str(_CACHE_BYTES)}
        server = await stack.enter_async_context(ours(settings))
        keys = Keys(products)
        yield Served(catalogue, server, keys, keys.batches(_COLD))


async def _hot(large: Served, small: Served) -> list[Row]:
    for _ in range(_WARM // _HOT):
        for one in (large, small):
            await one.hot()
    before = await large.looks()
    turns = await _compared(large.hot, small.hot)
    hits, misses = (after - former for after, former in zip(await large.looks(), before, strict=True))
    mine, base = (one.usual(attrgetter("rate"), max) for one in turns)
    title = f"hot reads by Zipf's law, {_LARGE:,} products to {_SMALL:,}"
    return [
        at_least(title, _shown(turns[0]), _shown(turns[1]), mine / base, 0.90, told(turns)),
        Row(f"the same, found in {_CACHE_BYTES // 1024**2} MB of cache", f"{hits / (hits + misses):.1%}"),
        Row("the same, memory of the process", _memory(large), _memory(small)),
    ]


async def _cold(large: Served, small: Served) -> list[Row]:
    for one in (large, small):
        await one.cold()  # to warm up the connections to Postgres
    turns = await _compared(large.cold, small.cold)
    mine, base = (one.usual(attrgetter("p99"), min) for one in turns)
    title = f"cold reads, {_LARGE:,} products to {_SMALL:,}: p99"
    return [at_most(title, f"{mine:.2f} ms", f"{base:.2f} ms", mine / base, 1.5, told(turns))]


async def _compared(
    large: Callable[[], Awaitable[Measured]], small: Callable[[], Awaitable[Measured]]
) -> list[Turns[Measured]]:
    turns = await in_turns({"large": large, "small": small}, enough=_TURNS, patience=_PATIENCE_SECONDS)
    return [turns["large"], turns["small"]]


def _shown(turns: Turns[Measured]) -> str:
    rate, cpu, p99 = (turns.usual(attrgetter(name), best) for name, best in (("rate", max), ("cpu", min), ("p99", min)))
    return f"{rate:,.0f}/s, {cpu:.0f} us cpu, p99 {p99:.1f} ms"


def _memory(served: Served) -> str:
    return f"{served.server.memory() / _MB:.0f} MB"


def _figure(name: str, figures: str) -> float:
    found = re.search(rf'^product_images_cache_{name}_total{{cache="documents"}} (\S+)', figures, re.MULTILINE)
    assert found
    return float(found[1])
