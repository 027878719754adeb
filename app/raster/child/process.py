"""A codec child as the service sees it: a program of its own that is given one picture after the other."""

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from app.errors import CodecsUnavailable, ProductImagesError
from app.raster.child import wire
from app.raster.child.containment import environment

_PROGRAM: Final = "from app.raster.child.work import main; main({}, {}, {})"
_START_SECONDS: Final = 60.0
"""Longest time from the start of a child to its first word, on a machine that has much else to do."""

_OF_ITS_OWN: Final = frozenset(
    -number
    for number in (
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGSEGV,
        signal.SIGSYS,
        signal.SIGTRAP,
        signal.SIGXCPU,
    )
)
_NO_ANSWER: Final = (pickle.UnpicklingError, TypeError, ValueError, AttributeError, IndexError, KeyError)
"""What reading raises where a child is not its own master any more."""


class ChildLost(Exception):
    """A child ended before it had answered. `status` as `subprocess` tells it: a signal's number is negative."""

    def __init__(self, status: int) -> None:
        super().__init__(
            f"MemoryError (exit status {status})" if status == wire.OUT_OF_MEMORY else f"exit status {status}"
        )
        self.status = status

    @property
    def from_outside(self) -> bool:
        """Whether somebody else ended it, such as a kernel that is short of memory."""
        return self.status < 0 and self.status not in _OF_ITS_OWN

    @property
    def out_of_time(self) -> bool:
        return self.status == -signal.SIGXCPU


class NotStarted(ChildLost):
    """A child ended before it had been given anything, so that this says nothing of any picture."""


class Child:
    """All methods but `kill` and `is_alive` wait. `number` tells children apart."""

    def __init__(self, number: int, memory_bytes: int, max_pixels: int) -> None:
        """Starts it, and waits until it has shut itself in; OSError or NotStarted where it does not."""
        self._most = memory_bytes
        self.tasks = 0
        self.is_ready = False
        """Whether it waits for a task: it has answered the last one, or was never told of it. Whoever lets it be asked
        says before that it is not, since nobody knows when a thread begins."""
        with ExitStack() as ours, ExitStack() as theirs:
            self._line, line = socket.socketpair()
            ours.enter_context(self._line)
            theirs.enter_context(line)
            watched, lifeline = os.pipe()  # the kernel kills the child when the second end of it closes
            theirs.callback(os.close, watched)
            self._lifeline = ours.enter_context(os.fdopen(lifeline, "wb", buffering=0))
            self._process = _started(
                _PROGRAM.format(number, memory_bytes, max_pixels), stdin=line.fileno(), stdout=watched
            )
            ours.pop_all()
        self.contained = self._first_word()
        self.is_ready = True

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, path: Path | None, seconds: int, task: Callable[..., Any], args: Sequence[Any]) -> Any:
        """What `task(*args)` gives there within so many seconds of processor time, with the open file at `path`
        before the other arguments; or what it raises.

        ChildLost where the child ends instead, or says what no child says; OSError where the file cannot be opened.
        """
        self.tasks += 1
        message = seconds, task, args
        if path is None:
            return self._answer(lambda: wire.say(self._line, message))
        try:
            file = path.open("rb", buffering=0)
        except OSError:
            self.is_ready = True
            raise
        with file:
            return self._answer(lambda: wire.say(self._line, message, file.fileno()))

    def kill(self) -> None:
        """Whoever waits for its answer gets ChildLost."""
        self._process.kill()

    def end(self) -> None:
        """Kills it, and lets nothing of it remain."""
        self._process.kill()
        self._process.wait()
        self._line.close()
        self._lifeline.close()

    def _answer(self, ask: Callable[[], None]) -> Any:
        try:
            ask()
            is_well, value = wire.hear_answer(self._line, self._most)
        except (EOFError, ConnectionError, *_NO_ANSWER):
            raise self._lost() from None
        if not is_well and not isinstance(value, ProductImagesError):
            raise self._lost()
        self.is_ready = True
        if is_well:
            return value
        raise value

    def _lost(self) -> ChildLost:
        self._process.kill()
        return ChildLost(self._process.wait())

    def _first_word(self) -> dict[str, bool]:
        self._line.settimeout(_START_SECONDS)
        try:
            contained: dict[str, bool] = wire.hear_answer(self._line, self._most)
        except (OSError, EOFError, *_NO_ANSWER) as error:
            self.end()
            raise NotStarted(self._process.returncode) from error
        self._line.settimeout(None)
        return contained


def start(number: int, memory_bytes: int, max_pixels: int) -> Child:
    """A child that has shut itself in; CodecsUnavailable where the system gives none, NotStarted where it ends."""
    try:
        return Child(number, memory_bytes, max_pixels)
    except OSError as error:
        raise CodecsUnavailable(f"a codec child did not start: {error}") from error


def _started(program: str, *, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-s", "-P", "-c", program],
        env=environment(),
        stdin=stdin,
        stdout=stdout,
        cwd="/",
        start_new_session=True,  # a terminal's Ctrl-C is for the service, which ends its children in order
    )
