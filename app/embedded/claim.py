"""Who runs the Postgres of a data directory, and who only uses it.

Two locks say so. The owner's is held by the process that runs Postgres; the users' is shared by
those that use it. An owner takes the users' lock for itself before it ends Postgres, so that no
command loses its database half-way.
"""

import asyncio
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, Self

from app.embedded.folders import close_file, opened
from app.embedded.locks import FileLock
from app.embedded.postmaster import answering_dsn
from app.errors import Misconfigured

Ownership = Literal["server", "guest"]

_SERVER_WAITS_SECONDS: Final = 30.0
_GUEST_WAITS_SECONDS: Final = 60.0
_REPORT_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02


class Claim:
    """`report` is given a sentence where somebody has to wait for long."""

    def __init__(self, data_dir: Path, report: Callable[[str], object] = lambda _: None) -> None:
        self._data_dir = data_dir
        self._report = report
        self._owner = FileLock(data_dir / "postgres.owner.lock")
        self._users = FileLock(data_dir / "postgres.users.lock")
        self._note = data_dir / "postgres.owner"

    async def own(self) -> None:
        """Become the owner, for as long as a server lives.

        A command that owns Postgres for its while is waited for, however long, and that is reported once; a server
        is not, unless it is about to end: `Misconfigured`.
        """
        clock = asyncio.get_running_loop().time
        started, reported = clock(), False
        while not self._owner.try_exclusive():
            waited = clock() - started
            pid = self._pid_to_wait_for(waited)
            if waited >= _REPORT_SECONDS and not reported:
                self._report(f"Waiting for process {pid}, a command that works with {self._data_dir}, to end.")
                reported = True
            await asyncio.sleep(_POLL_SECONDS)
        self._write_note("server")

    async def own_or_join(self) -> str | None:
        """The connection string of the Postgres that runs already, or None: we are its owner now."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _GUEST_WAITS_SECONDS
        while not self._owner.try_exclusive():
            if self._users.try_shared():
                if dsn := await answering_dsn(self._data_dir / "postgres"):
                    return dsn
                self._users.release()
            if clock() >= deadline:
                _, pid = self._read_note()
                raise Misconfigured(f"The Postgres below {self._data_dir}, run by process {pid}, does not answer.")
            await asyncio.sleep(_POLL_SECONDS)
        self._write_note("guest")
        return None

    async def part(self, *, patient: bool) -> None:
        """Let the others finish: for as long as they need, or for a few seconds only."""
        self._write_note("leaving")  # a server that starts now may wait for us
        await self._users.wait_exclusive(math.inf if patient else _PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # In this order: whoever may use Postgres again must find that nobody owns it.
        self._owner.close()
        self._users.close()

    def _pid_to_wait_for(self, waited: float) -> int:
        """The owner's, if it is no server that stays; Misconfigured."""
        role, pid = self._read_note()
        if (role == "server") if _is_alive(pid) else (waited >= _SERVER_WAITS_SECONDS):
            raise Misconfigured(f"The data directory {self._data_dir} is in use by process {pid}.")
        return pid

    def _read_note(self) -> tuple[str, int]:
        try:
            role, pid = self._note.read_text().split()
            return role, int(pid)
        except (OSError, ValueError):
            return "", 0

    def _write_note(self, role: Ownership | Literal["leaving"]) -> None:
        """Replaced, not overwritten: another user may have left the last one."""
        fresh = self._note.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(opened(fresh, os.O_WRONLY | os.O_EXCL, 0o644), "w") as file:
                close_file(file.fileno(), self._data_dir)
                file.write(f"{role} {os.getpid()}\n")
            fresh.replace(self._note)
        except OSError as error:
            raise Misconfigured(f"{self._note} cannot be written: {error.strerror}.") from None


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
