"""Uploads while guests have everything made of pictures that they can, without a pause and from many addresses."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count, islice, product
from typing import Final

from app.settings import Settings
from bench.photo import copy_of_photo
from bench.quiet import in_turns, reported
from bench.servers import Server, ask, load, ours
from bench.shop import Shop
from bench.table import Row, at_most
from bench.uploads import upload
from bench.wire import Signer, get

_PICTURES: Final = 20
_GUESTS: Final = 10
_UPLOADS: Final = 12  # in a turn, one after the other
_TURNS: Final = 5
_PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1
_MOST: Final = 3.0


async def uploads_beside_guests(shop: Shop) -> Row:
    signer, copies = Signer(shop.admin), count(300_000)
    async with ours(shop.settings | {"TRUSTED_PROXIES": "127.0.0.1"}) as server:

        async def alone() -> float:
            measured = await load(server, [upload(signer, one) for one in islice(copies, _UPLOADS)], 0, 1)
            assert not measured.failed, f"{measured.failed} uploads failed"
            return measured.p50

        async def beside() -> float:
            async with _guests(server, wanted):
                return await alone()

        pictures = list(islice(copies, _PICTURES))
        await load(server, [upload(signer, one) for one in pictures], 0, 1)
        wanted = iter(_all_of(pictures))
        turns = await in_turns({"alone": alone, "beside": beside}, enough=_TURNS, patience=_PATIENCE_SECONDS)
        assert next(wanted, None), "guests had everything before the uploads were through"
    base, worse = (turns[name].usual(float, min) for name in ("alone", "beside"))
    name = f"upload p50 beside {_GUESTS} guests who have all renditions of pictures made, to alone"
    return at_most(name, f"{worse:.0f} ms", f"{base:.0f} ms", worse / base, _MOST, reported(turns.values()))


def _all_of(copies: Sequence[int]) -> Sequence[str]:
    """Where all is found that is made of these JPEGs: as docs/storefronts.md counts it."""
    settings = Settings()
    scaled = product((*settings.recipes, *settings.width_recipes), ("avif", "webp", "jpg"))
    made = [(settings.clean, "jpg"), (settings.feed_recipe, "jpg"), *scaled]
    hashes = [hashlib.sha256(copy_of_photo(one)).hexdigest() for one in copies]
    return [f"/media/renditions/{recipe.slug}/{one}/a.{ending}" for one in hashes for recipe, ending in made]


@asynccontextmanager
async def _guests(server: Server, wanted: Iterator[str]) -> AsyncIterator[None]:
    """At it for as long as the block lasts; it ends once nothing is built any more."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(_GUESTS):
            tasks.create_task(_guest(server, wanted, f"203.0.113.{number}", over))
        yield
        over.set()
    while await _is_building(server):  # noqa: ASYNC110, the server is another process
        await asyncio.sleep(_PAUSE_SECONDS)


async def _is_building(server: Server) -> bool:
    return bool(re.search(r'slots_taken\{work="build"\} [1-9]', (await ask(server, get("/metrics"))).body))


async def _guest(server: Server, wanted: Iterator[str], address: str, over: asyncio.Event) -> None:
    for path in wanted:
        request = get(path, X_Forwarded_For=address)
        while (answer := await ask(server, request)).status == 503 and not over.is_set():  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)
        assert answer.status in {200, 503}, (path, answer.status)
        if over.is_set():
            return
