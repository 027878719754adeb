"""The native API: reads beside the bare handler, uploads beside Spree's, and what the log of changes costs.

Uploads are compared by what they take of the processors, all told: the server, its codecs, Postgres.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from operator import attrgetter
from statistics import median
from typing import Final
from urllib.parse import quote

from app.db.pool import Transaction
from app.service.catalogue.keys import KeyOptions, put_key
from bench.photo import copy_of_photo
from bench.quiet import Turns, in_turns, reported
from bench.reads import hot
from bench.servers import Server, load, ours, spent, unlogged
from bench.shop import Shop
from bench.table import Row, at_least
from bench.uploads import upload
from bench.wire import Signer, post

_IMAGES: Final = 10  # read in turns
_GALLERY: Final = 20
_SKU: Final = "bench-gallery"
_UPLOADS: Final = 24  # in a turn
_AT_ONCE: Final = 6
_TURNS: Final = 25
_PATIENCE_SECONDS: Final = 150.0
_BOUNDARY: Final = "bench"
_FIRST: Final = 2_000_000  # copies of the photograph from here on are used by nobody else

Make = Callable[[int], bytes]
"""The request to upload a copy of the photograph."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`rate` per second; `cpu` in milliseconds of all processors for each."""

    rate: float
    cpu: float


async def reads_hot(shop: Shop) -> list[Row]:
    """Documents in memory; one image, and a gallery."""
    _, key = await put_key(shop.database, KeyOptions("reader", ["v1"]))
    async with shop.database.transaction() as tx:
        await _fill_gallery(tx)
    by_key = {"Authorization": f"Bearer {key}"}
    images = [f"/v1/images/{number}" for number in range(1, _IMAGES + 1)]
    gallery = [f"/v1/products/{quote(_SKU)}/images"]
    return [
        await hot(shop, "an image by /v1, hot", images, 0.80, **by_key),
        await hot(shop, f"a gallery of {_GALLERY} by /v1, hot", gallery, 0.80, **by_key),
    ]


async def _fill_gallery(tx: Transaction) -> None:
    """A product of its own, with pictures of others."""
    product = await tx.connection.fetchval(
        "insert into product (sku, sku_key, slug, name) values ($1, $1, $1, 'Gallery') returning id", _SKU
    )
    await tx.connection.execute(
        "insert into image (product_id, picture_id, file_name, file_path, label, position)"
        " select $1, picture_id, file_name, file_path, label, id from image where id <= $2",
        product,
        _GALLERY,
    )


async def uploads_beside_spree(shop: Shop) -> Row:
    """The same forms of one file each, by the same server; renditions paused."""
    _, key = await put_key(shop.database, KeyOptions("admin", ["v1", "spree"]))
    copies = count(_FIRST)
    headers = {"v1": {"Authorization": f"Bearer {key}"}, "spree": {"X-Spree-Token": key}}
    paths = {"v1": lambda n: f"/v1/products/{shop.sku(n)}/images", "spree": lambda n: f"/api/v1/products/{n}/images"}
    parts = {"v1": "file", "spree": "image[attachment]"}

    def make(api: str, copy: int) -> bytes:
        return _form(paths[api](1 + copy % 100), parts[api], copy, headers[api])

    async with ours(shop.settings) as server:
        turns = await _in_turns({api: partial(_uploaded, shop, server, partial(make, api), copies) for api in headers})
    return _compared("upload of a form by /v1, 6 MP, beside Spree's", turns["v1"], turns["spree"], 1.0)


def _form(path: str, part: str, copy: int, headers: Mapping[str, str]) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{part}"; filename="{copy}.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = b"".join((head.encode(), copy_of_photo(copy), f"\r\n--{_BOUNDARY}--\r\n".encode()))
    return post(path, body, **headers, Content_Type=f"multipart/form-data; boundary={_BOUNDARY}")


async def cost_of_the_log(shop: Shop) -> Row:
    """OpenMage's uploads, each with an idempotency key, beside those to a server that keeps neither log nor answer."""
    signer, copies = Signer(shop.admin), count(_FIRST + 500_000)
    async with ours(shop.settings) as server, unlogged(shop.settings) as floor:
        measures = {
            "ours": partial(_uploaded, shop, server, partial(_keyed, signer), copies),
            "floor": partial(_uploaded, shop, floor, partial(upload, signer), copies),
        }
        turns = await _in_turns(measures)
    name = "upload by OpenMage with log and idempotency key, beside one without either"
    return _compared(name, turns["ours"], turns["floor"], 0.95)


def _keyed(signer: Signer, copy: int) -> bytes:
    return upload(signer, copy, key=secrets.token_hex(16))


async def _uploaded(shop: Shop, server: Server, make: Make, copies: "count[int]") -> Uploaded:
    requests = [make(copy) for copy in islice(copies, _UPLOADS)]
    before = spent(server.pid, shop.postmaster)
    measured = await load(server, requests, 0, _AT_ONCE)
    assert measured.failed == 0, f"{measured.failed} uploads failed"
    return Uploaded(measured.rate, 1000 * (spent(server.pid, shop.postmaster) - before) / _UPLOADS)


async def _in_turns(measures: Mapping[str, Callable[[], Awaitable[Uploaded]]]) -> Mapping[str, Turns[Uploaded]]:
    for measure in measures.values():
        await measure()  # to warm up
    return await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)


def _compared(name: str, ours: Turns[Uploaded], floor: Turns[Uploaded], target: float) -> Row:
    sides: Sequence[Turns[Uploaded]] = (ours, floor)
    return at_least(name, _shown(ours), _shown(floor), _cpu(floor) / _cpu(ours), target, reported(sides))


def _shown(turns: Turns[Uploaded]) -> str:
    return f"{turns.usual(attrgetter('rate'), max):.1f}/s, {_cpu(turns):.1f} ms cpu"


def _cpu(turns: Turns[Uploaded]) -> float:
    return turns.usual(attrgetter("cpu"), median)
