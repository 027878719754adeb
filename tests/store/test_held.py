"""Temporary files: whose owner lives stays, whose owner is gone goes, whatever the clocks say."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from app.store import FileStore, ObjectStore
from app.store.held import HeldFile, tidy
from app.store.s3 import S3Store
from tests.conftest import S3

_OWNER: Final = """
import sys, time
from pathlib import Path
from app.store.held import HeldFile
held = HeldFile(Path(sys.argv[1]))
held.file.write(b"private")
print(held.path, flush=True)
time.sleep(600)
"""
_TIDIER: Final = """
import sys
from pathlib import Path
from app.store.held import tidy
print(flush=True)
while True:
    tidy(Path(sys.argv[1]), "x")
"""
_DISTANT: Final = (0, 2_000_000_000)
"""Times, in seconds since the epoch, that a file may seem to come from where clocks are wrong."""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_goes_when_its_owner_does(tmp_path: Path) -> None:
    """While its process lives a file stays, even if it seems old; once that is killed, it goes at once."""
    with subprocess.Popen([sys.executable, "-c", _OWNER, tmp_path], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        path = Path(owner.stdout.readline().strip())
        for when in _DISTANT:
            os.utime(path, (when, when))
            tidy(tmp_path, unlocked="*")
            assert path.read_bytes() == b"private"
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    tidy(tmp_path, unlocked="*")
    assert not list(tmp_path.iterdir())


def test_files_of_former_versions_go_by_their_age(tmp_path: Path) -> None:
    """They hold no locks: old ones that match go; young ones, others, and what cannot be looked at stay."""
    for name in ("upload-old", "upload-young", "other"):
        (tmp_path / name).touch()
    for name in ("upload-old", "other"):
        os.utime(tmp_path / name, (1000, 1000))
    (tmp_path / "upload-gone").symlink_to(tmp_path / "nowhere")

    tidy(tmp_path, unlocked="upload-*")

    assert names(tmp_path) == {"upload-young", "upload-gone", "other"}


def test_a_file_is_private_and_gone_when_it_is_closed(tmp_path: Path) -> None:
    """Only its owner may read it; closing it never fails, not even where somebody took it away."""
    with HeldFile(tmp_path) as held:
        assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    assert not names(tmp_path)
    with HeldFile(tmp_path) as held:
        held.path.unlink()
    held.close()


def test_many_who_make_and_tidy_at_once_do_not_meet(tmp_path: Path) -> None:
    """A file is never taken between being made and being locked."""
    with subprocess.Popen([sys.executable, "-c", _TIDIER, tmp_path], stdout=subprocess.PIPE) as tidying:
        assert tidying.stdout is not None
        tidying.stdout.readline()
        for _ in range(2000):
            with HeldFile(tmp_path) as held:
                assert held.path.exists()
        tidying.kill()


async def test_what_a_killed_writer_left_goes_while_the_store_is_in_use(tmp_path: Path) -> None:
    """The file store looks again and again, and not at its start only."""
    async with FileStore(tmp_path) as store:
        incoming = tmp_path / ".incoming"
        with HeldFile(incoming) as held:
            left = incoming / "held-of-a-dead-process"
            left.touch()
            (incoming / "young-of-a-former-version").touch()
            await store.tidy()
            assert names(incoming) == {held.path.name, "young-of-a-former-version"}


async def test_a_bucket_s_copies_are_private_and_do_not_outlive_their_process(
    tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy lies in the folder given, readable by its owner only, and goes; so do those that a former version left in
    the system's folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    former, socket = tmp_path / "product-images-abc", tmp_path / "product-images-socket"
    for folder, name in ((former, "object"), (socket, "other")):
        folder.mkdir()
        (folder / name).touch()
        os.utime(folder / name, (1000, 1000))
    copies = tmp_path / "copies"
    store: ObjectStore
    async with S3Store(s3.bucket, copies=copies, endpoint_url=s3.endpoint_url) as store:
        await store.put("a/b", b"private", media_type="image/png")
        async with store.local("a/b") as path:
            assert (path.parent, path.read_bytes()) == (copies, b"private")
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            (copies / "held-of-a-dead-process").touch()
            await store.tidy()
            assert await asyncio.to_thread(names, copies) == {path.name}
        assert not names(copies)
    assert (former.exists(), socket.exists()) == (False, True)
