"""How much memory the service may use: its control group's limit, or the machine's."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_SHARE: Final = 8
"""A part of the memory is for documents; the codecs' children, files and the machine need the most of it."""
_LEAST: Final = 64 * 1024 * 1024
_MOST: Final = 1024 * 1024 * 1024
_BOUNDS: Final = ("memory.max", "memory.high", "memory.limit_in_bytes")
"""Of a control group: the limit of version 2, what it is slowed down above, and the limit of version 1."""


def usable_memory(root: Path = Path("/")) -> int:
    """In bytes. Of a control group's limit and those around it the smallest counts; `root` is where files are."""
    return min((_machine(), *(limit for folder in _groups(root) for limit in _limits(folder))))


def document_share(memory: int, processes: int) -> int:
    """What each of so many processes may keep ready, in bytes: an eighth of the memory among all of them."""
    return min(max(memory // _SHARE // max(processes, 1), _LEAST), _MOST)


def _machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _groups(root: Path) -> Iterator[Path]:
    """The control groups that this process is in, from the inmost outwards. In a container the file that names them may
    tell the machine's names, of which only the last folder is to be seen."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            top = root / "sys/fs/cgroup" / ("memory" if controllers else "")
            inmost = top / path.lstrip("/")
            yield from (inmost, *(folder for folder in inmost.parents if folder.is_relative_to(top)))


def _limits(folder: Path) -> Iterator[int]:
    """Those that are set; "max" and what is no number bound nothing."""
    for name in _BOUNDS:
        with suppress(OSError, ValueError):
            yield int((folder / name).read_text())
