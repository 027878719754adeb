"""The file that lists what an import left out, line by line as it goes: nothing of it is lost with the process."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import IO

from app.errors import InvalidCommand


@contextmanager
def report_file(path: Path) -> Iterator[IO[str]]:
    """The report at `path`, begun anew, and gone if nothing was written; its `name` says where it really is. While
    another import writes there, `path` with a number is taken. InvalidCommand if it cannot be written."""
    try:
        file = _claimed(path)
    except OSError as error:
        raise InvalidCommand(f"The report {path} cannot be written: {error.strerror}.") from None
    with file:
        try:
            yield file
        finally:
            file.flush()
            if _is_regular(file) and not os.fstat(file.fileno()).st_size:
                Path(file.name).unlink(missing_ok=True)


def _claimed(path: Path) -> IO[str]:
    for number in itertools.count(1):
        file = (path if number == 1 else path.with_stem(f"{path.stem}-{number}")).open(
            "a", buffering=1, encoding="utf-8", errors="backslashreplace", newline=""
        )
        if not _is_regular(file):
            return file
        if _is_ours(file):
            file.truncate(0)
            return file
        file.close()
    raise AssertionError


def _is_ours(file: IO[str]) -> bool:
    """Locked, and not removed meanwhile by the import that had it before."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file.fileno()).st_nlink > 0


def _is_regular(file: IO[str]) -> bool:
    return S_ISREG(os.fstat(file.fileno()).st_mode)
