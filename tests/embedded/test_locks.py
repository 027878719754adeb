import os
from pathlib import Path

from app.embedded.locks import FileLock


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
