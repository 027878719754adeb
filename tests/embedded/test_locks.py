import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.embedded.claim import Claim
from app.embedded.folders import made_folder, opened_log
from app.embedded.locks import FileLock
from app.errors import Misconfigured


def test_an_exclusive_lock_is_one_processs(tmp_path: Path) -> None:
    """One handle holds a lock for itself, or several share it, until they let go."""
    path = tmp_path / "lock"
    with FileLock(path) as first, FileLock(path) as second:
        assert first.try_exclusive()
        assert not second.try_exclusive()
        assert not second.try_shared()
        first.release()
        assert first.try_shared()
        assert second.try_shared()
        assert not first.try_exclusive()
    with FileLock(path) as third:
        assert third.try_exclusive()


def test_a_forked_child_does_not_keep_a_lock(tmp_path: Path) -> None:
    """A child that was forked while a lock was held does not keep it from others."""
    path = tmp_path / "lock"
    end_of_child, may_end = os.pipe()
    has_begun, begin = os.pipe()
    with FileLock(path) as lock:
        assert lock.try_exclusive()
        child = os.fork()
        if child == 0:
            os.close(may_end)
            os.write(begin, b"!")
            os.read(end_of_child, 1)
            os._exit(0)
    os.read(has_begun, 1)
    try:
        with FileLock(path) as other:
            assert other.try_exclusive()
    finally:
        for descriptor in (may_end, end_of_child, has_begun, begin):
            os.close(descriptor)
        os.waitpid(child, 0)


@pytest.mark.parametrize("opening", [FileLock, opened_log])
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_in_the_place_of_a_file_is_refused(
    tmp_path: Path, opening: Callable[[Path], object], exists: bool
) -> None:
    """Where a lock or the log is a link, what it leads to is neither made nor touched: a sentence says so."""
    target, path = tmp_path / "shadow", tmp_path / "postgres.log"
    if exists:
        target.write_text("secret")
        target.chmod(0o644)
    path.symlink_to(target)
    with pytest.raises(Misconfigured, match="symbolic link: remove it"):
        opening(path)
    made_folder(tmp_path)
    assert target.exists() == exists
    assert not exists or (target.read_text(), target.stat().st_mode & 0o777) == ("secret", 0o644)


@pytest.mark.parametrize("opening", [FileLock, opened_log])
def test_what_is_no_file_is_refused(tmp_path: Path, opening: Callable[[Path], object]) -> None:
    """A folder or a pipe in the place of a lock or the log is reported in a sentence."""
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (folder, pipe):
        with pytest.raises(Misconfigured, match="cannot be opened"):
            opening(path)


async def test_a_note_replaces_a_link(tmp_path: Path) -> None:
    """The note of who owns Postgres is never written through a link."""
    target = tmp_path / "shadow"
    target.write_text("secret")
    for name in ("postgres.new", "postgres.owner"):
        (tmp_path / name).symlink_to(target)
    with Claim(tmp_path) as claim:
        await claim.own()
    assert target.read_text() == "secret"
    assert (tmp_path / "postgres.owner").read_text().startswith("server ")
