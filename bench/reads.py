"""Reads beside the bare handler: the same status, headers and bytes, in turns, in one run."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Final

from bench.servers import Measured, Server, ask, bare, load, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import get

_PRODUCTS: Final = 10  # read in turns
_ROUNDS: Final = 5
_SECONDS: Final = 2.0


async def glue_hot(shop: Shop) -> Row:
    return await _hot(shop, "Glue image sets, hot", _glue_paths(shop, _PRODUCTS), 0.90, Accept="application/json")


async def openmage_guest(shop: Shop) -> Row:
    paths = [f"/api/rest/products/{number}/images" for number in range(1, _PRODUCTS + 1)]
    return await _hot(shop, "OpenMage list, JSON, guest, hot", paths, 0.85, Accept="application/json")


def _glue_paths(shop: Shop, products: int) -> list[str]:
    skus = [shop.sku(number) for number in range(1, products + 1)]
    return [f"/abstract-products/{sku}/abstract-product-image-sets" for sku in skus]


async def _hot(shop: Shop, name: str, paths: Sequence[str], target: float, **headers: str) -> Row:
    requests = [get(path, **headers) for path in paths]
    async with ours(shop.settings) as server:
        plan = {"answers": await _answers(server, paths, requests)}
        async with bare(plan) as floor:
            return _row(name, await compare(server, requests, floor, requests), target)


async def _answers(server: Server, paths: Sequence[str], requests: Sequence[bytes]) -> dict[str, Any]:
    given = [await ask(server, request) for request in requests]
    assert all(answer.status == 200 for answer in given), given
    return {path: asdict(answer) for path, answer in zip(paths, given, strict=True)}


async def compare(
    server: Server, requests: Sequence[bytes], floor: Server, floor_requests: Sequence[bytes]
) -> list[tuple[Measured, Measured]]:
    """Rounds of ours and the floor's, which of them is first in turns, after one round to warm up."""
    assert await ask(server, requests[0]) == await ask(floor, floor_requests[0])
    rounds = []
    for number in range(_ROUNDS + 1):
        first = await load(*((server, requests) if number % 2 else (floor, floor_requests)), _SECONDS)
        second = await load(*((floor, floor_requests) if number % 2 else (server, requests)), _SECONDS)
        rounds.append((first, second) if number % 2 else (second, first))
        await asyncio.sleep(0)
    return rounds[1:]


def _row(name: str, rounds: Sequence[tuple[Measured, Measured]], target: float) -> Row:
    failed = sum(own.failed + other.failed for own, other in rounds)
    assert not failed, f"{name}: {failed} requests failed"
    ratio = median(own.rate / other.rate for own, other in rounds)
    mine, floor = (_told([pair[side] for pair in rounds]) for side in (0, 1))
    return at_least(name, mine, floor, ratio, target)


def _told(measured: Sequence[Measured]) -> str:
    rate, cpu, p99 = (median(getattr(one, name) for one in measured) for name in ("rate", "cpu", "p99"))
    return f"{rate:,.0f}/s, {cpu:.0f} us cpu, p99 {p99:.1f} ms"
