"""Temporary files of private bytes, each locked by its owner for as long as that lives.

Who tidies asks the lock and no clock: the kernel gives it back with the process that held it, however that ended.
Former versions held no locks; what they left goes by its age, on the clock of the file system that dated it.
"""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Self

PREFIX: Final = "held-"
_ABANDONED_SECONDS: Final = 3600.0
"""Age of an unlocked file of a former version at which it has no owner left: a request ends long before."""


class HeldFile:
    """A new file in `folder`, which exists, readable by its owner only and gone when it is closed. OSError where none
    can be made."""

    def __init__(self, folder: Path) -> None:
        self.path, self.file = _made(folder)

    def close(self) -> None:
        """Never raises: whoever is done with the bytes must not hear of what somebody did to the file."""
        for undo in (self.path.unlink, self.file.close):
            with suppress(OSError):
                undo()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def new_name(folder: Path) -> Path:
    """A name that nothing in `folder` has, and that `tidy` knows."""
    return folder / f"{PREFIX}{secrets.token_hex(16)}"


def tidy(folder: Path, unlocked: str) -> None:
    """Removes what processes that have ended left in a folder; `unlocked` is the pattern of former versions' names.

    Whatever cannot be looked at is left to the next time.
    """
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):
            _remove_unless_held(left)
    for left in abandoned(folder, unlocked):
        with suppress(OSError):
            left.unlink()


def abandoned(folder: Path, pattern: str) -> list[Path]:
    """What matches in a folder and is so old that no former version can be at work on it."""
    found = [path for path in folder.glob(pattern) if not path.name.startswith(PREFIX)]
    if not found:
        return []
    try:
        with HeldFile(folder) as probe:
            now = os.fstat(probe.file.fileno()).st_mtime
    except OSError:
        return []
    return [path for path in found if _age(path, now) > _ABANDONED_SECONDS]


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:  # it has just gone
        return 0.0


def _made(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        path = new_name(folder)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b", buffering=0)
        if _hold(file) and os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()  # somebody tidied in the moment before it was locked


def _hold(file: BinaryIO) -> bool:
    try:
        return _try_lock(file)
    except OSError:  # a file system without locks, on which nobody can tidy either
        return True


def _remove_unless_held(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        if _try_lock(file):
            path.unlink()


def _try_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
