"""What the file store promises beyond the contract."""

import os
import stat
import tracemalloc
from pathlib import Path

import pytest

from app.errors import ChecksumMismatch, StoreUnavailable
from app.store import FileStore
from app.store.protocol import CHUNK

KEY = "blobs/ab/cd/abcd"
JPEG = "image/jpeg"


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_files_are_private(tmp_path: Path) -> None:
    """Nobody but the owner may read what is stored, whoever made the source."""
    source = tmp_path / "spool"
    source.write_bytes(b"content")
    source.chmod(0o644)
    async with FileStore(tmp_path / "objects") as store:
        await store.put(KEY, source, media_type=JPEG, handover=True)
        await store.put("check/a", b"content", media_type=JPEG)

    stored = files_below(tmp_path / "objects")
    assert len(stored) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in stored} == {0o600}
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


async def test_a_file_handed_over_is_not_copied(tmp_path: Path) -> None:
    """A file that its caller gave up becomes the object itself; any other is copied."""
    async with FileStore(tmp_path / "objects") as store:
        for key, handover in ((KEY, True), ("check/a", False)):
            source = tmp_path / "spool"
            source.write_bytes(b"content")
            await store.put(key, source, media_type=JPEG, handover=handover)
            assert (tmp_path / "objects" / key).samefile(source) is handover
            source.unlink()


async def test_a_refused_put_leaves_no_file(tmp_path: Path) -> None:
    """Neither a refused checksum nor a missing source leaves anything on disk."""
    async with FileStore(tmp_path / "objects") as store:
        with pytest.raises(ChecksumMismatch):
            await store.put(KEY, b"content", sha256="0" * 64, media_type=JPEG)
        with pytest.raises(StoreUnavailable):
            await store.put(KEY, tmp_path / "nowhere", media_type=JPEG)

    assert files_below(tmp_path / "objects") == []


async def test_memory_does_not_grow_with_the_object(tmp_path: Path) -> None:
    """Storing and streaming 64 MB takes a few chunks of memory."""
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    async with FileStore(tmp_path / "objects") as store:
        tracemalloc.start()
        try:
            await store.put(KEY, source, media_type=JPEG)
            async with store.open(KEY) as body:
                received = sum([len(chunk) async for chunk in body])
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert received == 64 * 1024 * 1024
    assert peak < 8 * CHUNK


async def test_a_file_cut_short_while_streaming_is_an_error(tmp_path: Path) -> None:
    """A file that shrinks under its reader is reported, never passed off as whole."""
    async with FileStore(tmp_path) as store:
        await store.put(KEY, bytes(4 * CHUNK), media_type=JPEG)
        async with store.open(KEY) as body:
            await anext(body.chunks)
            os.truncate(tmp_path / KEY, CHUNK)
            with pytest.raises(StoreUnavailable):
                await anext(body.chunks)
