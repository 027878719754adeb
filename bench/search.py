"""Searches in a shop of a million products."""

import random
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

from app.db.pool import Database
from app.service.catalogue.keys import KeyOptions, put_key
from bench.catalogue import Catalogue, open_catalogue
from bench.quiet import in_turns, reported
from bench.servers import Measured, Server, load, ours
from bench.shop import Shop, sku
from bench.table import Row
from bench.wire import get

_PRODUCTS: Final = 1_000_000
_REQUESTS: Final = 400  # of a turn
_READERS: Final = 4  # so few that requests do not wait for one another
_TURNS: Final = 5
_PATIENCE_SECONDS: Final = 60.0
_MOST_MS: Final = 50.0


async def searches(_: Shop) -> list[Row]:
    """By what one types: whole SKUs and numbers, beginnings that a few share, and such that all share; the same, of
    those alone that lack something; and all that lack it."""
    async with open_catalogue(_PRODUCTS) as catalogue:
        key = await reader_key(catalogue)
        async with ours(catalogue.settings) as server:
            return [
                await slowest(f"{_PRODUCTS:,} products, {name}: p99", server, key, paths)
                for name, paths in searched(_PRODUCTS).items()
            ]


async def reader_key(catalogue: Catalogue) -> str:
    """A new key that may read by `/v1`."""
    async with Database(catalogue.dsn) as database:
        return (await put_key(database, KeyOptions("reader", ["v1"])))[1]


def searched(products: int) -> dict[str, list[str]]:
    """Paths of searches in a shop of so many products, by what they are."""
    typed = [f"q={one}" for one in _typed(random.Random(1), products)]
    queries = {
        "by what was typed": typed,
        "by what was typed, and what is missing": [f"{one}&missing=type:small_image" for one in typed],
        "by what is missing, where nothing is": ["missing=image", "state=failed", "missing=label:default"],
    }
    return {name: [f"/v1/products?{query}" for query in some] for name, some in queries.items()}


def _typed(dice: random.Random, products: int) -> Iterator[str]:
    for _ in range(_REQUESTS):
        whole = sku(dice.randint(1, products))
        yield dice.choice((whole, whole[: dice.randint(1, len(whole))], "product", "p", str(dice.randint(1, 9999))))


async def slowest(
    name: str,
    server: Server,
    key: str,
    paths: Sequence[str],
    patience: float = _PATIENCE_SECONDS,
    most_ms: float = _MOST_MS,
) -> Row:
    """How long the slowest of a hundred of these reads takes."""
    requests = [get(path, Accept="application/json", Authorization=f"Bearer {key}") for path in paths]

    async def turn() -> Measured:
        measured = await load(server, requests, 0, _READERS)
        assert not measured.failed, f"{measured.failed} requests failed"
        return measured

    await turn()
    turns = (await in_turns({"ours": turn}, enough=_TURNS, patience=patience))["ours"]
    p50, p99 = (turns.usual(attrgetter(figure), min) for figure in ("p50", "p99"))
    shown = f"{p99:.1f} ms, half of them within {p50:.1f} ms"
    return Row(name, shown, target=f"< {most_ms:.0f} ms", met=p99 < most_ms, turns=reported([turns]))
