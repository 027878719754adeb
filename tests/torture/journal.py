"""Which files a process has had flushed to disc, so that a power cut can take the others."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def write_down(journal: Path) -> None:
    """From now on this process writes down what it flushes, links and makes. A link counts from before it is made, a
    flush from when it has been done: what is written down as safe, is."""
    target = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(what: str, inode: int, path: str) -> None:
        os.write(target, f"{time.monotonic_ns()} {what} {inode} {path}\n".encode())

    fsync, link, mkdir = os.fsync, os.link, os.mkdir

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        note("flushed", os.fstat(descriptor).st_ino, "")

    def noted(what: str, make: Callable[..., None], which: int) -> Callable[..., None]:
        def called(*arguments: Any, **options: Any) -> None:
            note(what, 0, os.fspath(arguments[which]))
            make(*arguments, **options)

        return called

    os.fsync = noted_fsync  # type: ignore[assignment]
    os.link = noted("linked", link, 1)
    os.mkdir = noted("made", mkdir, 0)


@dataclass
class Disc:
    """The files below `root`, and which of them would outlive a power cut by the journal."""

    root: Path
    journal: Path
    _safe: set[Path] = field(default_factory=set)

    def cut(self) -> list[Path]:
        """Takes what nobody had flushed; nobody works on the files meanwhile. What it took."""
        flushed, named = self._read()
        lost = list[Path]()
        for path in sorted(self.root.rglob("*")):
            if path in self._safe or not path.exists() or ".incoming" in path.parts:
                continue
            if flushed.get(path.parent.stat().st_ino, 0) < named.get(str(path), 0):
                self._take(path)
                lost.append(path)
            elif path.is_file() and path.stat().st_ino not in flushed:
                os.truncate(path, 0)
                lost.append(path)
                self._safe.add(path)
            else:
                self._safe.add(path)
        self.journal.write_bytes(b"")
        return lost

    def forget(self, path: Path) -> None:
        """For one that somebody else has put there, or taken away."""
        self._safe.discard(path)

    def _take(self, path: Path) -> None:
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _read(self) -> tuple[dict[int, int], dict[str, int]]:
        """When each inode was last flushed, and when each name was last given."""
        flushed, named = dict[int, int](), dict[str, int]()
        if self.journal.exists():
            for line in self.journal.read_text().splitlines():
                when, what, inode, path = line.split(" ", 3)
                if what == "flushed":
                    flushed[int(inode)] = max(flushed.get(int(inode), 0), int(when))
                else:
                    named[path] = max(named.get(path, 0), int(when))
        return flushed, named
