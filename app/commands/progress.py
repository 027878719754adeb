"""How far a command is: a bar on a terminal, else a line every ten seconds that tells life."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.commands.context import complain

Advance = Callable[[int], object]
"""Told how many more were done."""

_EVERY_SECONDS: Final = 10.0


@contextmanager
def progress(unit: str, total: int | None = None) -> Iterator[Advance]:
    """On standard error. `unit` such as "lines"; bytes are reported in percent where there is a `total`."""
    if sys.stderr.isatty():
        from tqdm import tqdm  # only people need it, and it takes a while to import

        is_bytes = unit == "bytes"
        with tqdm(total=total, unit="B" if is_bytes else f" {unit}", unit_scale=is_bytes, leave=False) as bar:
            yield bar.update
        return
    with _Life(unit, total) as life:
        yield life.advance


class _Life:
    """A thread, so that a line comes also while the command waits, or is busy with one long thing."""

    def __init__(self, unit: str, total: int | None) -> None:
        self._unit = unit
        self._total = total
        self._done = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, daemon=True)

    def advance(self, number: int) -> None:
        self._done += number

    def __enter__(self) -> "_Life":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _report(self) -> None:
        started = time.monotonic()
        while not self._ended.wait(_EVERY_SECONDS):
            seconds = round(time.monotonic() - started)
            share = f" of {self._total} ({min(100, 100 * self._done // self._total)} %)" if self._total else ""
            complain(f"At work for {seconds} s: {self._done}{share} {self._unit}.")
