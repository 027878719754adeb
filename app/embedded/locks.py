"""Advisory locks on files, so that processes which share a data directory agree on who does what."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from app.embedded.folders import close_file, opened

_POLL_SECONDS = 0.02


class FileLock:
    """One process's hold on a lock file; released by `release`, and by the kernel when it dies. Raises `Misconfigured`
    where the file cannot be opened."""

    def __init__(self, path: Path) -> None:
        # Read-only is enough to lock, and lets another user lock a file that root once created, before it was closed.
        self._descriptor: int | None = opened(path, os.O_RDONLY, 0o644)
        close_file(self._descriptor, path.parent)
        # A child that was forked without exec would keep the lock after our death.
        os.register_at_fork(after_in_child=self.close)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    async def wait_exclusive(self, seconds: float) -> bool:
        """Whether the lock was had within that time."""
        return await _poll(self.try_exclusive, seconds)

    def release(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up this process's handle; a lock that another process holds through it stays."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try(self, kind: int) -> bool:
        if self._descriptor is None:
            return False
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


async def _poll(attempt: Callable[[], bool], seconds: float) -> bool:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while not attempt():
        if clock() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
