"""`GET /v1/media`: one product from memory beside the bare handler, and many at random beside Glue's hot reads."""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

from bench.lags import read
from bench.quiet import Turns, in_turns, reported
from bench.reads import compare, glue_paths, row
from bench.servers import Server, ask, bare, load, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import get

_SECONDS: Final = 1.0
_TOGETHER: Final = 50
_CLIENTS: Final = 4
_RANDOM_READS: Final = 5_000  # in a turn
_TURNS: Final = 3
_CACHE_BYTES: Final = 2 * 1024 * 1024
"""Of which Glue's documents of all products need a third; what they show storefronts does not fit into its quarter."""
_MOST_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class _Beside:
    """A turn, by the system's monotonic clock, and the share of hits in it."""

    begun: float
    share: float
    ended: float


async def media_hot(shop: Shop) -> Row:
    request = get(f"/v1/media?sku={shop.sku(1)}")
    async with ours(shop.settings) as server:
        answer = await ask(server, request)
        assert answer.status == 200, answer
        async with bare({"answers": {"/v1/media": asdict(answer)}}) as floor:
            name = f"media of one product, {len(answer.body):,} bytes, hot"
            return row(name, await compare(server, floor, lambda: [request], _SECONDS), 0.85)


async def media_beside_glue(shop: Shop, reads: int = _RANDOM_READS) -> list[Row]:
    """Whose documents are all in memory before, while `reads` answers are joined that nobody has asked for before."""
    dice, file = random.Random(1), shop.folder / "steps"
    hot = [get(path, Accept="application/json") for path in glue_paths(shop, shop.products)]
    settings = {"DOCUMENT_CACHE_BYTES": str(_CACHE_BYTES), "STEPS": str(file)}
    async with ours(shop.settings | settings) as server:
        await load(server, hot, 0)
        alone = await _hit_share(server, hot, ())

        async def turn() -> _Beside:
            asked, begun = [get(f"/v1/media?{_query(shop, dice)}") for _ in range(reads)], time.monotonic()
            return _Beside(begun, await _hit_share(server, hot, asked), time.monotonic())

        turns = (await in_turns({"beside": turn}, enough=_TURNS, patience=0))["beside"]
    beside = turns.usual(attrgetter("share"), max)
    name = f"hits of Glue's hot reads beside {reads:,} random media reads of {_TOGETHER}"
    return [at_least(name, f"{beside:.2%}", f"{alone:.2%}", beside / alone, 0.95), _longest(turns, file)]


def _longest(turns: Turns[_Beside], file: Path) -> Row:
    """A step takes longer where another program has the same core, or the host of a virtual machine has it."""
    seconds = turns.usual(lambda turn: read(file, turn.begun, turn.ended)[-1], min)
    name = "longest step of the event loop meanwhile, time of its processor"
    shown, is_met = f"{1000 * seconds:.1f} ms", seconds < _MOST_SECONDS
    return Row(name, shown, target="< 5 ms", met=is_met, turns=reported([turns]))


def _query(shop: Shop, dice: random.Random) -> str:
    return "&".join(f"sku={shop.sku(number)}" for number in dice.sample(range(1, shop.products + 1), _TOGETHER))


async def _hit_share(server: Server, hot: Sequence[bytes], beside: Sequence[bytes]) -> float:
    """Of Glue's reads, until those `beside` them are through, or for a second."""
    before = await _figures(server)
    others = asyncio.create_task(load(server, beside, 0, _CLIENTS)) if beside else None
    while True:
        measured = await load(server, hot, _SECONDS, _CLIENTS)
        assert not measured.failed, measured
        if others is None or others.done():
            break
    if others is not None:
        assert not (await others).failed
    hits, misses = (after - former for after, former in zip(await _figures(server), before, strict=True))
    return hits / (hits + misses)


async def _figures(server: Server) -> tuple[float, float]:
    """Hits and misses of the documents, those of media aside."""
    text = (await ask(server, get("/metrics"))).body
    found = (
        re.search(rf'^product_images_cache_{name}_total{{cache="documents"}} (\S+)', text, re.MULTILINE)
        for name in ("hits", "misses")
    )
    hits, misses = (float(one[1]) if one else 0.0 for one in found)
    return hits, misses
