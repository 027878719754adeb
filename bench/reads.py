"""Reads beside the bare handler: the same status, headers and bytes, in turns, in one run."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Final

from app.db.queries import load_queries
from app.model import sku_key
from app.settings import Settings
from bench.servers import Measured, Server, ask, bare, load, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import Signer, get

_PRODUCTS: Final = 10  # read in turns
_ROUNDS: Final = 9
_SECONDS: Final = 1.0
_SIGNED: Final = 10_000  # requests in a round

Make = Callable[[], Sequence[bytes]]
"""The requests of one round."""


async def glue_hot(shop: Shop) -> Row:
    return await _hot(shop, "Glue image sets, hot", _glue_paths(shop, _PRODUCTS), 0.90, Accept="application/json")


async def openmage_guest(shop: Shop) -> Row:
    return await _hot(shop, "OpenMage list, JSON, guest, hot", _openmage_paths(), 0.85, Accept="application/json")


async def spree_admin(shop: Shop) -> Row:
    paths = [f"/api/products/{number}/images" for number in range(1, _PRODUCTS + 1)]
    return await _hot(shop, "Spree index with an admin key, hot", paths, 0.80, X_Spree_Token=shop.api_key)


async def openmage_signed(shop: Shop) -> Row:
    """Each request is sent once, with a nonce of its own."""
    paths, signer = _openmage_paths(), Signer(shop.admin)

    def signed(count: int) -> list[bytes]:
        asked = (paths[number % len(paths)] for number in range(count))
        return [get(path, Accept="application/json", Authorization=signer("GET", path)) for path in asked]

    async with ours(shop.settings) as server:
        answers = await _answers(server, paths, signed(len(paths)))
        async with bare({"answers": answers}) as floor:
            rounds = await compare(server, floor, lambda: signed(_SIGNED), seconds=0)
            return row("OpenMage list, JSON, OAuth-signed", rounds, 0.40)


async def glue_uncached(shop: Shop) -> Row:
    """Of so many products that hardly two requests for one meet and share a statement."""
    paths = _glue_paths(shop, shop.products)
    requests = [get(path, Accept="application/json") for path in paths]
    async with ours(shop.settings | {"DOCUMENT_CACHE_BYTES": "0"}) as server:
        skus = {path: shop.sku(number) for number, path in enumerate(paths, 1)}
        statement = {
            "dsn": shop.database.dsn,
            "sql": load_queries()["image_sets"].sql,
            "size": Settings().database_pool_size,
            "args": {path: (sku, sku_key(sku), True, "en_US", False, False, True) for path, sku in skus.items()},
        }
        answers = await _answers(server, paths, requests)
        async with bare({"answers": answers, "statement": statement}) as floor:
            return row("Glue image sets, cache off", await compare(server, floor, lambda: requests, _SECONDS), 0.90)


def _glue_paths(shop: Shop, products: int) -> list[str]:
    skus = [shop.sku(number) for number in range(1, products + 1)]
    return [f"/abstract-products/{sku}/abstract-product-image-sets" for sku in skus]


def _openmage_paths() -> list[str]:
    return [f"/api/rest/products/{number}/images" for number in range(1, _PRODUCTS + 1)]


async def _hot(shop: Shop, name: str, paths: Sequence[str], target: float, **headers: str) -> Row:
    requests = [get(path, **headers) for path in paths]
    async with ours(shop.settings) as server:
        answers = await _answers(server, paths, requests)
        async with bare({"answers": answers}) as floor:
            return row(name, await compare(server, floor, lambda: requests, _SECONDS), target)


async def _answers(server: Server, paths: Sequence[str], requests: Sequence[bytes]) -> dict[str, Any]:
    given = [await ask(server, request) for request in requests]
    assert all(answer.status == 200 for answer in given), given
    return {path: asdict(answer) for path, answer in zip(paths, given, strict=True)}


async def compare(server: Server, floor: Server, make: Make, seconds: float) -> list[tuple[Measured, Measured]]:
    """Rounds of ours and the floor's, which of them is first in turns, after one round to warm up.

    Without `seconds` (0) each request is sent once.
    """
    assert (await ask(server, make()[0])).is_like(await ask(floor, make()[0]))
    rounds = []
    for number in range(_ROUNDS + 1):
        both = (server, floor) if number % 2 else (floor, server)
        measured = {one.pid: await load(one, make(), seconds) for one in both}
        rounds.append((measured[server.pid], measured[floor.pid]))
    return rounds[1:]


def row(name: str, rounds: Sequence[tuple[Measured, Measured]], target: float) -> Row:
    failed = sum(own.failed + other.failed for own, other in rounds)
    assert not failed, f"{name}: {failed} requests failed"
    ratio = median(own.rate / other.rate for own, other in rounds)
    mine, floor = (_told([pair[side] for pair in rounds]) for side in (0, 1))
    return at_least(name, mine, floor, ratio, target)


def _told(measured: Sequence[Measured]) -> str:
    rate, cpu, p99 = (median(getattr(one, name) for one in measured) for name in ("rate", "cpu", "p99"))
    return f"{rate:,.0f}/s, {cpu:.0f} us cpu, p99 {p99:.1f} ms"
