"""What every object store promises."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ChecksumMismatch, InvalidKey, ObjectMissing, ObjectTooLarge, StoreUnavailable
from app.model import BlobHash, RecipeHash
from app.store import ObjectStat, ObjectStore, blob_key, rendition_key
from app.store.protocol import CHUNK
from tests.lengths import examples
from tests.store.conftest import FickleStore

HASH = hashlib.sha256(b"content").hexdigest()
KEY = blob_key(BlobHash(HASH))
JPEG = "image/jpeg"


async def part(store: ObjectStore, key: str, start: int = 0, end: int | None = None) -> tuple[int, bytes]:
    async with store.open(key, start=start, end=end) as body:
        return body.size, b"".join([chunk async for chunk in body])


async def test_what_was_put_is_read_back(store: ObjectStore) -> None:
    """Bytes put under a key are the bytes read from it."""
    assert await store.put(KEY, b"content", sha256=HASH, media_type=JPEG)

    assert await part(store, KEY) == (7, b"content")
    assert await store.read(KEY, limit=7) == b"content"
    assert await store.stat(KEY) == ObjectStat(7)


@pytest.mark.parametrize("handover", [False, True])
async def test_a_file_is_stored_like_bytes(store: ObjectStore, tmp_path: Path, handover: bool) -> None:
    """A file is stored as its content, and its own name may go afterwards."""
    source = tmp_path / "spool"
    source.write_bytes(b"content")

    assert await store.put(KEY, source, sha256=HASH, media_type=JPEG, handover=handover)
    source.unlink()

    assert await store.read(KEY, limit=7) == b"content"


async def test_a_taken_key_keeps_its_bytes(store: ObjectStore) -> None:
    """A second put of a key reports that it was taken and changes nothing."""
    await store.put(KEY, b"content", media_type=JPEG)

    assert not await store.put(KEY, b"other", media_type=JPEG)
    assert await store.read(KEY, limit=7) == b"content"


async def test_one_of_many_concurrent_puts_wins(store: ObjectStore) -> None:
    """Of concurrent puts of one key exactly one stores, and its bytes are whole."""
    bodies = [bytes([n]) * 200_000 for n in range(8)]

    stored = await asyncio.gather(*(store.put(KEY, body, media_type=JPEG) for body in bodies))

    assert stored.count(True) == 1
    assert await store.read(KEY, limit=200_000) == bodies[stored.index(True)]


@pytest.mark.parametrize("as_file", [False, True])
async def test_other_bytes_than_announced_are_refused(store: ObjectStore, tmp_path: Path, as_file: bool) -> None:
    """Bytes whose checksum differs from the announced one are refused and leave nothing behind."""
    source = tmp_path / "spool"
    source.write_bytes(b"damaged")

    with pytest.raises(ChecksumMismatch):
        await store.put(KEY, source if as_file else b"damaged", sha256=HASH, media_type=JPEG)

    assert await store.stat(KEY) is None


async def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    """An object of no bytes is there, and every part of it is empty."""
    await store.put(KEY, b"", sha256=hashlib.sha256(b"").hexdigest(), media_type=JPEG)

    assert await store.stat(KEY) == ObjectStat(0)
    assert await part(store, KEY) == (0, b"")
    assert await part(store, KEY, 0, 10) == (0, b"")
    assert await store.read(KEY, limit=0) == b""


@given(start=st.integers(0, 30), end=st.none() | st.integers(0, 30))
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_part_is_a_slice(store: ObjectStore, start: int, end: int | None) -> None:
    """The part from start to end is Python's slice, and the size told is that of the whole."""
    content = b"twenty bytes content"
    await store.put(KEY, content, media_type=JPEG)

    assert await part(store, KEY, start, end) == (20, content[start:end])


async def test_a_large_object_is_streamed_in_bounded_chunks(store: ObjectStore, tmp_path: Path) -> None:
    """A large object comes in chunks of a bounded size, never as a whole."""
    source = tmp_path / "large"
    source.write_bytes(os.urandom(1024) * 8192)
    digest = hashlib.sha256()
    await store.put(KEY, source, media_type=JPEG)

    async with store.open(KEY) as body:
        async for chunk in body:
            assert len(chunk) <= CHUNK
            digest.update(chunk)

    assert digest.digest() == hashlib.sha256(source.read_bytes()).digest()


async def test_a_stream_may_be_left_early(store: ObjectStore) -> None:
    """A reader that leaves in the middle leaves the store usable."""
    await store.put(KEY, bytes(8 * CHUNK), media_type=JPEG)

    for _ in range(3):
        async with store.open(KEY) as body:
            assert len(await anext(body.chunks)) > 0

    assert await store.stat(KEY) == ObjectStat(8 * CHUNK)


async def test_a_missing_object_is_told(store: ObjectStore) -> None:
    """A key that was never written is ObjectMissing, and has no stat."""
    assert await store.stat(KEY) is None
    with pytest.raises(ObjectMissing):
        await part(store, KEY)
    with pytest.raises(ObjectMissing):
        await part(store, KEY, 5, 5)
    with pytest.raises(ObjectMissing):
        await store.read(KEY, limit=1)
    with pytest.raises(ObjectMissing):
        async with store.local(KEY):
            pass


async def test_a_read_is_bounded(store: ObjectStore) -> None:
    """An object beyond the limit is refused, not read."""
    await store.put(KEY, b"content", media_type=JPEG)

    with pytest.raises(ObjectTooLarge):
        await store.read(KEY, limit=6)


async def test_an_object_is_available_as_a_file(store: ObjectStore) -> None:
    """An object can be lent as a file."""
    await store.put(KEY, b"content", media_type=JPEG)

    async with store.local(KEY) as path:
        assert path.read_bytes() == b"content"


async def test_a_delete_is_idempotent(store: ObjectStore) -> None:
    """Deleted objects are gone, those that never were count as deleted, and the key is free again."""
    await store.put(KEY, b"content", media_type=JPEG)

    await store.delete([KEY, rendition_key(BlobHash(HASH), RecipeHash("0a1b2c3d"), "webp")])
    await store.delete([KEY])
    await store.delete([])

    assert await store.stat(KEY) is None
    assert await store.put(KEY, b"content", media_type=JPEG)


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/../b", ".incoming/a", "a/.b", "A", "ä", "a b", "a\n", "a\0", "x" * 999]
)
async def test_odd_keys_are_refused(store: ObjectStore, key: str) -> None:
    """A key that no part of this service makes is refused by every method."""
    for call in (store.put(key, b"", media_type=JPEG), store.read(key, 1), store.stat(key), store.delete([key])):
        with pytest.raises(InvalidKey):
            await call
    for call in (part(store, key), part(store, key, 1, 1)):
        with pytest.raises(InvalidKey):
            await call


async def test_a_working_store_passes_its_check(store: ObjectStore) -> None:
    """A check of a working store passes, any number of times."""
    await store.check()
    await store.check()


async def test_a_store_that_is_away_is_told_and_comes_back(fickle: FickleStore) -> None:
    """While a store is away every method says so; once it is back the same object works again."""
    store = fickle.store
    await store.put(KEY, b"content", media_type=JPEG)

    fickle.leave()
    other = blob_key(BlobHash(hashlib.sha256(b"other").hexdigest()))
    for call in (
        part(store, KEY),
        store.read(KEY, 7),
        store.stat(KEY),
        store.put(other, b"other", media_type=JPEG),
        store.delete([KEY]),
        store.check(),
    ):
        with pytest.raises(StoreUnavailable):
            await call

    fickle.come_back()
    assert await store.read(KEY, limit=7) == b"content"
    await store.check()


async def test_a_store_tells_the_time(store: ObjectStore) -> None:
    """To a second or so; the three of the tests are on one machine."""
    reported = await store.clock()
    assert abs((reported - datetime.now(UTC)).total_seconds()) < 5
