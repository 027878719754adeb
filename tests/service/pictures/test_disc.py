"""The local disc fails, and no picture is blamed for it."""

import errno
import hashlib
import io
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from app.errors import DiscUnavailable, ImageUndecodable, StoreUnavailable
from app.model import BlobHash
from app.service.pictures.disc import fair
from app.service.pictures.intake import Spool
from app.settings import Settings
from app.store import blob_key
from app.store.held import HeldFile
from app.wiring.parts import Parts
from tests.pictures import encoded, picture
from tests.tmpfs import filled, small_disc

MB = 1024 * 1024


class Stingy(io.FileIO):
    """A file on a disc that takes so few bytes at a time."""

    most = 1000

    def write(self, data: Any) -> int:
        return super().write(memoryview(data)[: self.most])


class Failing(io.FileIO):
    """A file on a disc that fails."""

    error = errno.EIO

    def write(self, _: Any) -> int:
        raise OSError(self.error, os.strerror(self.error))

    def truncate(self, _: int | None = None) -> int:
        return self.write(b"")


@contextmanager
def spool_on(folder: Path, disc: type[io.FileIO]) -> Iterator[Spool]:
    with HeldFile(folder) as held, disc(held.path, "r+") as file:
        held.file.close()
        held.file = cast("BinaryIO", file)
        yield Spool(held, 10 * MB)


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    parts = Parts(Settings(data_dir=tmp_path, secret_key="x" * 32, codec_processes=1), dsn)
    async with parts.opened():
        yield parts


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_disc_that_takes_a_part_is_given_the_rest(tmp_path: Path) -> None:
    """What a write left over is written by the next one, so that no file is ever short."""
    data = os.urandom(3 * MB)
    with spool_on(tmp_path, Stingy) as spool:
        for start in range(0, len(data), 700_001):
            await spool.write(data[start : start + 700_001])
        await spool.finish()
        assert spool.path.read_bytes() == data


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.ESTALE])
async def test_whatever_the_disc_says_is_the_discs_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    """Every error of the disc is told as one that passes: while bytes are written, at their end, and at a new start."""
    monkeypatch.setattr(Failing, "error", error)
    with spool_on(tmp_path, Failing) as spool, pytest.raises(DiscUnavailable, match=os.strerror(error)):
        await spool.write(bytes(MB))
    with spool_on(tmp_path, Failing) as spool:
        await spool.write(b"little")
        with pytest.raises(DiscUnavailable):
            await spool.finish()
        with pytest.raises(DiscUnavailable):
            await spool.restart()


async def test_a_refusal_counts_only_of_a_file_that_is_whole(tmp_path: Path) -> None:
    """Whoever refuses a picture must have seen the bytes that were sent, and not a part, others or none."""
    path, data = tmp_path / "upload", b"bytes of a picture"
    path.write_bytes(data)
    other = BlobHash("0" * 64)

    async def refuse(blob: BlobHash) -> None:
        async with fair(path, blob):
            raise ImageUndecodable("it ends early")

    with pytest.raises(DiscUnavailable, match="it ends early"):
        await refuse(other)
    whole = BlobHash(hashlib.sha256(data).hexdigest())
    with pytest.raises(ImageUndecodable):
        await refuse(whole)
    path.write_bytes(data[:-1])
    with pytest.raises(DiscUnavailable):
        await refuse(whole)
    path.unlink()
    with pytest.raises(DiscUnavailable):
        await refuse(whole)


async def test_a_cut_upload_is_no_bad_picture(parts: Parts) -> None:
    """A file that lost its end between its writing and its decoding, or changed, is to be sent again."""
    data = encoded(picture(300, 200), "PNG")
    for spoilt in (data[: len(data) // 2], b"", bytes(len(data))):
        async with parts.pictures.intake.spool() as spool:
            await spool.write(data)
            await spool.finish()
            spool.path.write_bytes(spoilt)
            with pytest.raises(DiscUnavailable):
                await parts.pictures.intake.keep(spool, frozenset({"png"}))


async def test_bytes_that_changed_before_they_were_put_are_to_be_sent_again(parts: Parts) -> None:
    """What the store finds to be other bytes than were received is the disc's fault, too."""
    first, second = (encoded(picture(300, 200, seed=seed), "PNG") for seed in (1, 2))
    async with parts.pictures.intake.spool() as spool:
        await spool.write(first)
        await spool.finish()
        spool.path.write_bytes(second)
        with pytest.raises(StoreUnavailable):
            await parts.pictures.intake.keep(spool, frozenset({"png"}))


async def test_a_render_of_a_damaged_original_is_no_verdict(parts: Parts) -> None:
    """A picture whose bytes were spoilt in the store is not told to be bad: a repair makes it good again."""
    data = encoded(picture(300, 200), "PNG")
    async with parts.pictures.intake.spool() as spool:
        await spool.write(data)
        blob = await parts.pictures.intake.keep(spool, frozenset({"png"}))
        async with parts.storage.database.transaction() as tx:
            await parts.pictures.filing.admit(tx, blob)
    async with parts.storage.store.local(blob_key(blob.hash)) as path:
        path.write_bytes(data[:500])
        with pytest.raises(DiscUnavailable):
            await parts.pictures.renderer.build_all(blob.hash)
        path.write_bytes(data)
    await parts.pictures.renderer.build_all(blob.hash)


async def test_uploads_without_descriptors_are_to_be_sent_again(parts: Parts) -> None:
    """A process that may open no more files says so and blames nobody."""
    async with parts.pictures.intake.spool():
        pass  # the threads that it needs are there now
    with no_more_descriptors(), pytest.raises(DiscUnavailable, match="Too many open files"):
        async with parts.pictures.intake.spool():
            pass
    async with parts.pictures.intake.spool() as spool:
        await spool.write(b"well")


@pytest.mark.parametrize("gone", ["a file stands there", "it was removed"])
async def test_a_data_folder_that_is_gone_is_no_bad_picture(dsn: str, tmp_path: Path, gone: str) -> None:
    """Without its folder the spool makes it anew, or says that it cannot."""
    parts = Parts(Settings(data_dir=tmp_path / "data", secret_key="x" * 32), dsn)
    if gone == "a file stands there":
        (tmp_path / "data").touch()
        with pytest.raises(DiscUnavailable):
            async with parts.pictures.intake.spool():
                pass
        with pytest.raises(DiscUnavailable):
            await parts.pictures.intake.check()
    else:
        async with parts.pictures.intake.spool() as spool:
            await spool.write(b"well")
        await parts.pictures.intake.check()


async def test_an_upload_that_the_disc_cannot_hold_is_refused_early(parts: Parts) -> None:
    """What is announced is counted beside what others still wait for, before a byte of it is written; the check goes
    on failing until the disc would hold it."""
    with small_disc(8 * MB) as disc:
        settings = replace(parts.settings, data_dir=disc)
        intake = Parts(settings, parts.dsn).pictures.intake
        async with intake.spool(5 * MB) as first:
            with pytest.raises(DiscUnavailable, match="awaited"):
                async with intake.spool(5 * MB):
                    pass
            await first.write(bytes(5 * MB))
            async with intake.spool(2 * MB) as second:  # what has arrived is not counted twice
                await second.write(bytes(2 * MB))
        with filled(disc, leaving=4 * MB):
            with pytest.raises(DiscUnavailable):
                async with intake.spool(5 * MB):
                    pass
            with pytest.raises(DiscUnavailable):
                await intake.check()
        await intake.check()
        with filled(disc, leaving=4 * MB):
            await intake.check()
