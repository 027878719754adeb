"""Renditions per second with one codec child and with two, which need a processor each."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from app.raster.child.pool import CodecPool
from app.settings import Settings
from bench.quiet import in_turns, reported
from bench.raster import photograph
from bench.shop import Shop
from bench.table import Row, at_least

_BATCH: Final = 8  # pictures in a turn
_TURNS: Final = 5
_PATIENCE_SECONDS: Final = 90.0
_CHILDREN: Final = (1, 2)


async def scaling(shop: Shop) -> Row:
    path = await asyncio.to_thread(photograph, shop.folder)
    async with _pools() as pools:
        for number in _CHILDREN:
            await _turn(pools[number], path)  # to warm up
        measures = {number: partial(_turn, pools[number], path) for number in _CHILDREN}
        turns = await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)
    one, two = (turns[number].usual(float, max) for number in _CHILDREN)
    shown = f"{two:.1f}/s", f"{one:.1f}/s"
    return at_least("renditions per second, 2 children to 1", *shown, two / one, 1.4, reported(turns.values()))


@asynccontextmanager
async def _pools() -> AsyncIterator[dict[int, CodecPool]]:
    pools = {number: CodecPool(replace(Settings(), codec_processes=number)) for number in _CHILDREN}
    try:
        yield pools
    finally:
        for pool in pools.values():
            await pool.close()


async def _turn(pool: CodecPool, path: Path) -> float:
    """Renditions per second."""
    recipes = [recipe for recipe in Settings().recipes if recipe.name in ("large", "small")]
    began = time.perf_counter()
    await asyncio.gather(*(pool.build(path, recipes) for _ in range(_BATCH)))
    return len(recipes) * _BATCH / (time.perf_counter() - began)
