"""A lock between processes that leaves nothing behind, however they end."""

import fcntl
import os
import weakref
from multiprocessing.reduction import DupFd
from threading import RLock
from typing import Any


class SharedLock:
    """Recursive, like the one of multiprocessing that it stands in for, which is a named semaphore wherever children
    do not inherit memory: killed together with all who know its name, it would stay in /dev/shm for ever.

    This one is a file without a name; the kernel unlocks it when its holder dies. `file` is another process's
    descriptor of it, which is closed.
    """

    def __init__(self, file: int | None = None) -> None:
        self._file = os.memfd_create("lock") if file is None else _opened_again(file)
        weakref.finalize(self, os.close, self._file)
        self._threads = RLock()
        self._depth = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way to a child, which opens the file for itself: whoever shares an open file shares its lock."""
        return _received, (DupFd(self._file),)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Whether the lock is held now. A caller that blocks waits as long as it takes, whatever `timeout` says:
        nobody who holds it can be gone."""
        if not self._threads.acquire(block):
            return False
        try:
            if not self._depth:
                fcntl.flock(self._file, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB))
        except BlockingIOError:
            self._threads.release()
            return False
        self._depth += 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if not self._depth:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()


def _received(descriptor: Any) -> SharedLock:
    return SharedLock(descriptor.detach())


def _opened_again(file: int) -> int:
    try:
        return os.open(f"/proc/self/fd/{file}", os.O_RDWR | os.O_CLOEXEC)
    finally:
        os.close(file)
