"""Uploads beside what base64, SHA-256 and Pillow cost by themselves."""

import asyncio
import base64
import hashlib
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from app.model import BlobHash
from app.store.keys import blob_key
from bench.photo import copy_of_photo, photo
from bench.servers import Measured, load, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import Signer, post

_ROUNDS: Final = 5
_UPLOADS: Final = 24  # in a round
_AT_ONCE: Final = 6
_PROCESSES: Final = 2


async def uploads(shop: Shop) -> Row:
    """Committed and verified, renditions paused."""
    signer, rounds = Signer(shop.admin), []
    async with ours(shop.settings) as server:
        await load(server, [_upload(signer, 0)], 0, 1)
        for number in range(_ROUNDS):
            copies = range(1 + number * _UPLOADS, 1 + (number + 1) * _UPLOADS)
            measured = await load(server, [_upload(signer, copy) for copy in copies], 0, _AT_ONCE)
            await _verify(shop, copies, measured)
            rounds.append((measured.rate, await _plain(_UPLOADS)))
    ratio = median(own / floor for own, floor in rounds)
    own, floor = (median(side) for side in zip(*rounds, strict=True))
    return at_least("base64 upload, 6 MP, 1.5 MB", f"{own:.1f}/s", f"{floor:.1f}/s", ratio, 0.6)


def _upload(signer: Signer, copy: int) -> bytes:
    path = f"/api/rest/products/{1 + copy % 100}/images"
    content = base64.b64encode(copy_of_photo(copy)).decode()
    body = json.dumps({"file_mime_type": "image/jpeg", "file_content": content}).encode()
    headers = {"Authorization": signer("POST", path), "Content-Type": "application/json", "Accept": "application/json"}
    return post(path, body, **headers)


async def _verify(shop: Shop, copies: Sequence[int], measured: Measured) -> None:
    """Every upload was acknowledged, is in the gallery, and its bytes are in the store."""
    assert measured.failed == 0, f"{measured.failed} uploads failed"
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
    return next(shop.folder.rglob(Path(blob_key(BlobHash(digest))).name))


async def _plain(times: int, *options: str) -> float:
    """The rate of two processes together."""
    text = base64.b64encode(photo())
    share = times // _PROCESSES
    command = (sys.executable, "-m", "bench.plain", str(share), *options)
    running = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE) for _ in range(_PROCESSES)]
    outputs = await asyncio.gather(*(process.communicate(text) for process in running))
    return sum(share / float(output) for output, _ in outputs)
