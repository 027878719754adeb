"""Reads beside the bare handler: the same status, headers and bytes, in turns, in one run."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from app.db.queries import load_queries
from app.model import sku_key
from app.settings import Settings
from bench.quiet import Turns, in_turns, reported
from bench.servers import Measured, Server, ask, bare, load, ours
from bench.shop import Shop
from bench.table import Row, at_least, at_most
from bench.wire import Signer, get

_PRODUCTS: Final = 10  # read in turns
_TURNS: Final = 7
SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 60.0
_SIGNED: Final = 10_000  # requests in a round

Make = Callable[[], Sequence[bytes]]
"""The requests of one round."""
Sides = tuple[Turns[Measured], Turns[Measured]]
"""What was measured of ours, and of the floor."""


async def glue_hot(shop: Shop) -> Row:
    return await hot(shop, "Glue image sets, hot", glue_paths(shop, _PRODUCTS), 1.70, Accept="application/json")


async def openmage_guest(shop: Shop) -> Row:
    return await hot(shop, "OpenMage list, JSON, guest, hot", _openmage_paths(), 0.85, Accept="application/json")


async def spree_admin(shop: Shop) -> Row:
    paths = [f"/api/products/{number}/images" for number in range(1, _PRODUCTS + 1)]
    return await hot(shop, "Spree index with an admin key, hot", paths, 0.80, X_Spree_Token=shop.api_key)


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
            return row("OpenMage list, JSON, OAuth-signed", rounds, 0.60)


async def glue_uncached(shop: Shop) -> list[Row]:
    """Of so many products that hardly two requests for one meet and share a statement. What a miss costs is the time of
    the processor: on the clock both wait for Postgres most."""
    paths = glue_paths(shop, shop.products)
    requests = [get(path, Accept="application/json") for path in paths]
    async with ours(shop.settings | {"DOCUMENT_CACHE_BYTES": "0"}) as server:
        skus = {path: shop.sku(number) for number, path in enumerate(paths, 1)}
        statement = {
            "dsn": shop.database.dsn,
            "sql": load_queries()["image_sets"].sql,
            "size": Settings().database_pool_size,
            "args": {path: _question(sku) for path, sku in skus.items()},
        }
        answers = await _answers(server, paths, requests)
        async with bare({"answers": answers, "statement": statement}) as floor:
            sides = await compare(server, floor, lambda: requests, SECONDS)
    return [row("Glue image sets, cache off", sides, 0.90), _cost(sides)]


def _cost(sides: Sides) -> Row:
    mine, base = (turns.usual(lambda one: one.cpu, min) for turns in sides)
    name = "the same, processor time beside aiohttp with that statement"
    return at_most(name, f"{mine:.0f} us", f"{base:.0f} us", mine / base, 1.4, reported(sides))


def _question(sku: str) -> Sequence[object]:
    """What the statement takes: one product, its sets alone."""
    return [sku], [sku_key(sku)], [True], ["en_US"], False, False, True


def glue_paths(shop: Shop, products: int) -> list[str]:
    skus = [shop.sku(number) for number in range(1, products + 1)]
    return [f"/abstract-products/{sku}/abstract-product-image-sets" for sku in skus]


def _openmage_paths() -> list[str]:
    return [f"/api/rest/products/{number}/images" for number in range(1, _PRODUCTS + 1)]


async def hot(shop: Shop, name: str, paths: Sequence[str], target: float, **headers: str) -> Row:
    """Reads of these paths in turns, beside the bare handler that answers the same."""
    requests = [get(path, **headers) for path in paths]
    async with ours(shop.settings) as server:
        answers = await _answers(server, paths, requests)
        async with bare({"answers": answers}) as floor:
            return row(name, await compare(server, floor, lambda: requests, SECONDS), target)


async def _answers(server: Server, paths: Sequence[str], requests: Sequence[bytes]) -> dict[str, Any]:
    given = [await ask(server, request) for request in requests]
    assert all(answer.status == 200 for answer in given), given
    return {path: asdict(answer) for path, answer in zip(paths, given, strict=True)}


async def compare(server: Server, floor: Server, make: Make, seconds: float) -> Sides:
    """Rounds of ours and the floor's, in turns. Without `seconds` (0) each request is sent once."""
    assert (await ask(server, make()[0])).is_like(await ask(floor, make()[0]))
    for one in (server, floor):
        await load(one, make(), seconds)  # to warm up
    measures = {name: partial(_round, one, make, seconds) for name, one in (("ours", server), ("floor", floor))}
    turns = await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)
    return turns["ours"], turns["floor"]


async def _round(server: Server, make: Make, seconds: float) -> Measured:
    measured = await load(server, make(), seconds)
    assert not measured.failed, f"{measured.failed} requests failed"
    return measured


def row(name: str, sides: Sides, target: float) -> Row:
    ratio = _rate(sides[0]) / _rate(sides[1])
    return at_least(name, shown(sides[0]), shown(sides[1]), ratio, target, reported(sides))


def _rate(turns: Turns[Measured]) -> float:
    return turns.usual(lambda one: one.rate, max)


def shown(turns: Turns[Measured]) -> str:
    cpu, p99 = turns.usual(lambda one: one.cpu, min), turns.usual(lambda one: one.p99, min)
    return f"{_rate(turns):,.0f}/s, {cpu:.0f} us cpu, p99 {p99:.1f} ms"
