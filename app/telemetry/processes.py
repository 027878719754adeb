"""Figures that the processes of one machine lay down for one another.

Prometheus asks one port and reaches one process of several. So each process writes its figures into a
common folder, and whoever is asked adds up what lies there. A process lives for as long as it holds the
lock on its own file; what the dead ones counted is kept, so that no sum ever falls.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from app.telemetry.exposition import Figures, counted, dumped, loaded, summed

GAP_SECONDS: Final = 60.0
"""Longest pause between processes, as of a restart, over which what they counted goes on."""

_PAST: Final = "past.json"
_FOLDER_LOCK: Final = "folder"


class Processes:
    """All methods do blocking input and output."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = uuid4().hex
        self._joined = False
        self._lock: int | None = None

    def join(self) -> None:
        """The first after a while without any process clears away what the former ones left."""
        self._joined = True
        for folder in (self._folder.parent, self._folder):  # `mode` is that of the last one made
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._folder_locked():
            if self._is_in():
                return
            left = list(self._folder.glob("*.*"))
            newest = max(map(_modified, left), default=0.0)
            if time.time() - newest > GAP_SECONDS and not any(self._is_alive(name) for name in self._names()):
                for path in left:
                    path.unlink(missing_ok=True)
            self._let_go()
            self._lock = os.open(self._folder / f"{self._name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def lay_down(self, figures: Figures) -> None:
        """Lays down the figures of this process; in a new folder where somebody has taken the former one away."""
        if self._joined:
            if not self._is_in():
                self.join()
            self._write(f"{self._name}.json", figures)

    def leave(self) -> None:
        """What was reported last counts on for as long as any other process lives."""
        self._joined = False
        self._let_go()

    def others(self) -> tuple[int, list[Figures]]:
        """How many other processes live, and the figures of all, the dead included."""
        if self._lock is None:
            return 0, []
        with self._folder_locked():
            names = [name for name in self._names() if name != self._name]
            living = [name for name in names if self._is_alive(name)]
            for name in names:
                if name not in living:
                    self._bury(name)
            return len(living), [self._read(f"{name}.json") for name in living] + [self._read(_PAST)]

    def _is_in(self) -> bool:
        return self._lock is not None and (self._folder / f"{self._name}.lock").exists()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _names(self) -> list[str]:
        return [path.stem for path in self._folder.glob("*.lock")]

    def _is_alive(self, name: str) -> bool:
        try:
            descriptor = os.open(self._folder / f"{name}.lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _bury(self, name: str) -> None:
        left = counted(self._read(f"{name}.json"))
        (self._folder / f"{name}.json").unlink(missing_ok=True)
        self._write(_PAST, summed([self._read(_PAST), left]))
        (self._folder / f"{name}.lock").unlink(missing_ok=True)

    def _read(self, name: str) -> Figures:
        with suppress(FileNotFoundError, ValueError):  # not written yet, or cut short as the machine went down
            return loaded((self._folder / name).read_bytes())
        return []

    def _write(self, name: str, figures: Figures) -> None:
        aside = self._folder / f"{name}.{uuid4().hex}"  # two threads of one process may write at a time
        try:
            aside.write_bytes(dumped(figures))
            aside.replace(self._folder / name)
        except OSError:
            aside.unlink(missing_ok=True)
            raise

    @contextmanager
    def _folder_locked(self) -> Iterator[None]:
        descriptor = os.open(self._folder / _FOLDER_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _modified(path: Path) -> float:
    """When a file was written; long ago for one that its writer has just moved into place."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
