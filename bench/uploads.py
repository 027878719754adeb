"""Uploads beside what base64, SHA-256 and Pillow cost by themselves."""

import asyncio
import base64
import hashlib
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import mean
from typing import Final

import pybase64

from app.db.queue.jobs import queue_depths
from app.model import BlobHash
from app.store.keys import blob_key
from bench.photo import copy_of_photo, photo
from bench.quiet import in_turns, reported
from bench.servers import load, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import Signer, post

_TURNS: Final = 5
_PATIENCE_SECONDS: Final = 60.0
_MINUTE: Final = 60.0
_UPLOADS: Final = 24  # in a round
_AT_ONCE: Final = 6
_PROCESSES: Final = 2


async def uploads(shop: Shop) -> Row:
    """Committed and verified, renditions paused."""
    signer, copies = Signer(shop.admin), count(1)

    async def own() -> float:
        numbers = list(islice(copies, _UPLOADS))
        measured = await load(server, [upload(signer, copy) for copy in numbers], 0, _AT_ONCE)
        assert measured.failed == 0, f"{measured.failed} uploads failed"
        await _verify(shop, numbers)
        return measured.rate

    async with ours(shop.settings) as server:
        await load(server, [upload(signer, 0)], 0, 1)
        measures: dict[str, Callable[[], Awaitable[float]]] = {"ours": own, "plain": partial(_plain, _UPLOADS)}
        turns = await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)
    rate, floor = (turns[name].usual(float, max) for name in ("ours", "plain"))
    shown = f"{rate:.1f}/s", f"{floor:.1f}/s"
    return at_least("base64 upload, 6 MP, 1.5 MB", *shown, rate / floor, 0.65, reported(turns.values()))


async def sustained(shop: Shop) -> Row:
    """For a minute, and until every rendition is built; beside the two that Glue shows, made before and after."""
    signer, copies = Signer(shop.admin), count(100_000)
    floor = [await _plain(_UPLOADS, "--renditions")]
    async with ours(shop.settings | {"RUN_WORKER": "true"}) as server:
        await load(server, [upload(signer, next(copies))], 0, 1)
        made: list[int] = []
        begun = time.monotonic()
        while time.monotonic() < begun + _MINUTE:
            numbers = list(islice(copies, _UPLOADS))
            measured = await load(server, [upload(signer, copy) for copy in numbers], 0, _AT_ONCE)
            assert measured.failed == 0, f"{measured.failed} uploads failed"
            made += numbers
        while any(  # noqa: ASYNC110, the server is another process
            depth.waiting or depth.in_hand for depth in await queue_depths(shop.database)
        ):
            await asyncio.sleep(0.1)
        rate = len(made) / (time.monotonic() - begun)
    floor.append(await _plain(_UPLOADS, "--renditions"))
    await _verify(shop, made)
    usual = mean(floor)
    name = "the same with renditions built, for a minute"
    return at_least(name, f"{rate:.1f}/s", f"{usual:.1f}/s", rate / usual, 0.8)


def upload(signer: Signer, copy: int, size: int = 0, key: str = "") -> bytes:
    """A request to create an image; `size` is the file's at the least, `key` is for retries."""
    path = f"/api/rest/products/{1 + copy % 100}/images"
    content = pybase64.b64encode(copy_of_photo(copy, size))
    body = b'{"file_mime_type": "image/jpeg", "file_content": "%s"}' % content
    headers = {"Authorization": signer("POST", path), "Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    return post(path, body, **headers)


async def _verify(shop: Shop, copies: Sequence[int]) -> None:
    """Every upload was acknowledged, is in the gallery, and its bytes are in the store."""
    hashes = [hashlib.sha256(copy_of_photo(copy)) for copy in copies]
    async with shop.database.transaction() as tx:
        committed = await tx.connection.fetchval(
            "select count(*) from image i join picture p on p.id = i.picture_id where p.blob_hash = any ($1)",
            [one.digest() for one in hashes],
        )
    assert committed == len(hashes), f"{committed} of {len(hashes)} uploads are in the catalogue"
    for one in hashes:
        kept = await asyncio.to_thread(_stored(shop, one.hexdigest()).read_bytes)
        assert hashlib.sha256(kept).digest() == one.digest()


def _stored(shop: Shop, digest: str) -> Path:
    return shop.folder / "objects" / blob_key(BlobHash(digest))


async def _plain(times: int, *options: str) -> float:
    """The rate of two processes together."""
    text = base64.b64encode(photo())
    share = times // _PROCESSES
    command = (sys.executable, "-m", "bench.plain", str(share), *options)
    running = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE) for _ in range(_PROCESSES)]
    outputs = await asyncio.gather(*(process.communicate(text) for process in running))
    return sum(share / float(output) for output, _ in outputs)
