"""Pulls of files as a CDN makes them: hot ones beside a bare handler that returns the same bytes from memory, cold
ones beside a bare proxy of the same object in an S3 server."""

import asyncio
import base64
import hashlib
import io
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from PIL import Image

from app.model import BlobHash, Recipe, segment_of
from app.settings import Settings
from app.store.keys import rendition_key
from bench.raster import mb, ms, photograph, scene
from bench.reads import compare, row
from bench.servers import HOST, Server, ask, bare, load, objects, ours, proxy
from bench.shop import Shop
from bench.table import Row
from bench.wire import Signer, get, post

_HOT_BYTES: Final = 40_000
_WIDTHS: Final = range(240, 1200, 40)
_SECONDS: Final = 1.0
_PULLS: Final = 150
_ROUNDS: Final = 5
_AT_ONCE: Final = 4
_BUCKET: Final = "bench"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A file: its `path` here, its `key` in the store, its `size` in bytes."""

    path: str
    key: str
    size: int


async def hot(shop: Shop) -> Row:
    async with ours(shop.settings) as server:
        file = await _small(shop, server, Signer(shop.admin))
        request = get(file.path)
        answer = await ask(server, request)
        assert answer.status == 200
        async with bare({"answers": {file.path: asdict(answer)}}) as floor:
            rounds = await compare(server, floor, lambda: [request], _SECONDS)
            return row(f"pull of a hot rendition, {file.size / 1000:.0f} KB", rounds, 0.85)


async def cold(shop: Shop) -> list[Row]:
    """Nothing is kept in memory; the objects are those that the file store wrote."""
    signer = Signer(shop.admin)
    async with ours(shop.settings) as server:
        small, large = await _small(shop, server, signer), await _large(shop, server, signer)
    async with objects(shop.folder / "objects") as store, proxy(store) as floor:
        place = {
            "S3_BUCKET": _BUCKET,
            "S3_ENDPOINT_URL": f"http://{HOST}:{store.port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "MEDIA_CACHE_BYTES": "0",
        }
        async with ours(shop.settings | place) as server:
            return [*await _first_bytes(server, floor, small), *await _throughput(server, floor, (small, large))]


async def _first_bytes(server: Server, floor: Server, file: Pulled) -> list[Row]:
    """One client, which asks each in turns."""
    times: dict[int, list[float]] = {server.pid: [], floor.pid: []}
    for _ in range(_PULLS):
        for one, path in ((server, file.path), (floor, f"/{_BUCKET}/{file.key}")):
            times[one.pid].append(await _first_byte(one, path, file.size))
    mine, bare_proxy = median(times[server.pid]), median(times[floor.pid])
    return [Row("cold rendition from S3, first byte", ms(mine), ms(bare_proxy), mine / bare_proxy)]


async def _first_byte(server: Server, path: str, size: int) -> float:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    began = time.perf_counter()
    writer.write(get(path))
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(1)
    seconds = time.perf_counter() - began
    assert head.startswith(b"HTTP/1.1 200")
    await reader.readexactly(size - 1)
    writer.close()
    return seconds


async def _throughput(server: Server, floor: Server, files: Sequence[Pulled]) -> list[Row]:
    """A few clients that pull as fast as they can."""
    rows = []
    for file in files:
        rounds = []
        for _ in range(_ROUNDS):
            mine = await load(server, [get(file.path)], _SECONDS, _AT_ONCE)
            bare_proxy = await load(floor, [get(f"/{_BUCKET}/{file.key}")], _SECONDS, _AT_ONCE)
            assert not mine.failed + bare_proxy.failed
            rounds.append((mine.rate, bare_proxy.rate))
        ratio = median(mine / bare_proxy for mine, bare_proxy in rounds)
        own, floors = (f"{mb(file.size * median(side))}/s" for side in zip(*rounds, strict=True))
        rows.append(Row(f"cold file of {file.size / 1000:,.0f} KB from S3, throughput", own, floors, ratio))
    return rows


async def _small(shop: Shop, server: Server, signer: Signer) -> Pulled:
    """A rendition of about 40 KB, built by its first pull."""
    recipe = Settings().recipes[0]
    data = await asyncio.to_thread(_picture, recipe)
    blob = await _upload(shop, server, signer, data)
    path = f"/media/renditions/{recipe.slug}/{blob}/shoe.jpg"
    size = len((await ask(server, get(path))).body)
    return Pulled(path, rendition_key(segment_of(blob), recipe.hash, "jpeg"), size)


async def _large(shop: Shop, server: Server, signer: Signer) -> Pulled:
    """The cleaned original of the 24-megapixel photograph."""
    data = (await asyncio.to_thread(photograph, shop.folder)).read_bytes()
    blob = await _upload(shop, server, signer, data, name="large")
    size = len((await ask(server, get("/media/catalog/product/l/a/large.jpg"))).body)
    return Pulled(
        "/media/catalog/product/l/a/large.jpg", rendition_key(segment_of(blob), Settings().clean.hash, "jpeg"), size
    )


def _picture(recipe: Recipe) -> bytes:
    """A picture whose rendition, which has its size, comes nearest to the bytes wanted."""
    made = [scene((width, width * 2 // 3)) for width in _WIDTHS]
    best = min(made, key=lambda image: abs(len(_encoded(image, recipe.quality["jpeg"])) - _HOT_BYTES))
    return _encoded(best, 95)


def _encoded(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


async def _upload(shop: Shop, server: Server, signer: Signer, data: bytes, name: str = "shoe") -> BlobHash:
    path = f"/api/rest/products/{shop.products}/images"
    content = {"file_mime_type": "image/jpeg", "file_name": name, "file_content": base64.b64encode(data).decode()}
    headers = {"Authorization": signer("POST", path), "Content-Type": "application/json"}
    answer = await ask(server, post(path, json.dumps(content).encode(), Accept="application/json", **headers))
    assert answer.status == 200, answer
    return BlobHash(hashlib.sha256(data).hexdigest())
