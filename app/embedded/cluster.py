"""One Postgres on one folder: made, started, watched and stopped by us, as our child process."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.db.connections.connect import answers
from app.embedded.binaries import find_binaries
from app.embedded.folders import check_database_folder, made_folder, make_socket_folder, opened_log
from app.embedded.identity import Scarce, is_filled
from app.embedded.postmaster import dsn_of, running_postmaster
from app.embedded.runnable import Runnable, choose_runnable
from app.errors import Misconfigured

_INITDB_OPTIONS: Final = ("--username=postgres", "--auth=trust", "--no-locale", "--encoding=UTF8")
_LEFTOVER_SECONDS: Final = 15.0
_READY_SECONDS: Final = 120.0  # recovery after a crash may take long
_STOP_SECONDS: Final = 20.0
_SCARCE_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.01
_WATCH_SECONDS: Final = 0.5
_LOG_BYTES: Final = 16 * 1024 * 1024


class Cluster:
    """A Postgres below `data_dir`, reached through a Unix socket only.

    `options` are settings of Postgres, such as `{"fsync": "off"}`. Whoever starts one must hold
    the data directory's lock (`app.embedded.postgres` does) and must do so in a thread that
    lives on: Postgres ends with it.
    """

    def __init__(self, data_dir: Path, options: Mapping[str, str] | None = None) -> None:
        self.folder = data_dir / "postgres"
        self.log = data_dir / "postgres.log"
        self._options = {"listen_addresses": "", "unix_socket_permissions": "0700"} | dict(options or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._runnable: Runnable | None = None
        self._socket_folder = self.folder

    @property
    def dsn(self) -> str:
        return dsn_of(self._socket_folder)

    @property
    def pid(self) -> int | None:
        """The running Postgres' process id."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Return when Postgres answers. Raises `Misconfigured` with one sentence where it cannot."""
        try:
            await self._start()
        except OSError as error:
            raise Misconfigured(f"Postgres cannot be run on {self.folder}: {error}.") from error

    async def _start(self) -> None:
        made_folder(self.folder.parent)
        await self._end_leftover()
        runnable = self._runnable = await self._choose_runnable()
        if not is_filled(self.folder):
            await self._initialise(runnable)
        check_database_folder(self.folder, runnable.version, self.log)
        self._socket_folder = make_socket_folder(self.folder, runnable.identity)
        try:
            await self._spawn(runnable)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End Postgres without waiting for its clients; data is safe whatever happens."""
        process, self._process = self._process, None
        if process is None:
            return
        for sign, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, _STOP_SECONDS), (signal.SIGKILL, None)):
            if process.poll() is None:
                process.send_signal(sign)
            try:
                await asyncio.to_thread(process.wait, seconds)
            except subprocess.TimeoutExpired:
                continue
            break
        if self._socket_folder != self.folder:
            with suppress(OSError):
                self._socket_folder.rmdir()

    async def keep_running(self) -> None:
        """Start Postgres again whenever it has ended by itself, until cancelled. Raises `Misconfigured`, or OSError,
        where it cannot be; whoever calls this begins again."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._process is not None and self._runnable is not None and self._process.poll() is not None:
                await self._spawn(self._runnable)

    async def _end_leftover(self) -> None:
        """Wait for the Postgres of a killed owner, which is shutting down by now."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _LEFTOVER_SECONDS
        while postmaster := running_postmaster(self.folder):
            if clock() >= deadline:
                raise Misconfigured(f"Another Postgres (process {postmaster.pid}) does not let go of {self.folder}.")
            postmaster.interrupt()
            await asyncio.sleep(_WATCH_SECONDS / 10)
        # Postgres would refuse to start where the number in a stale file belongs to somebody else by now.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    async def _choose_runnable(self) -> Runnable:
        clock = asyncio.get_running_loop().time
        deadline = clock() + _SCARCE_SECONDS
        while True:
            try:
                return choose_runnable(self.folder, find_binaries())
            except Misconfigured as error:
                if clock() >= deadline or not isinstance(error.__cause__, Scarce):
                    raise
            await asyncio.sleep(_WATCH_SECONDS)

    async def _initialise(self, runnable: Runnable) -> None:
        """Made elsewhere and moved into place, so that a crash leaves nothing that looks whole."""
        folder = self._fresh_folder(runnable)
        options = (*_INITDB_OPTIONS, "--no-sync") if self._options.get("fsync") == "off" else _INITDB_OPTIONS
        with opened_log(self.log) as log:
            start = log.tell()
            command = [runnable.binaries / "initdb", *options, f"--pgdata={folder}"]
            process = runnable.identity.spawn(command, self.folder.parent, stdout=log, stderr=log)
        try:
            status = await asyncio.to_thread(process.wait)
        finally:
            process.kill()
        if status != 0:
            words = self._last_words(start)
            raise Misconfigured(f"Postgres could not be set up in {self.folder}: {words}; see {self.log}.")
        os.rename(folder, self.folder)  # noqa: PTH104

    def _fresh_folder(self, runnable: Runnable) -> Path:
        for half_made in self.folder.parent.glob("postgres.new-*"):
            shutil.rmtree(half_made)
        folder = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.folder.parent))
        runnable.identity.take_over(folder)
        return folder

    async def _spawn(self, runnable: Runnable) -> None:
        command: list[str | Path] = [runnable.binaries / "postgres", "-D", self.folder, "-k", self._socket_folder]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with opened_log(self.log) as log:
            if log.tell() > _LOG_BYTES:
                log.truncate(0)
            start = log.tell()
            self._process = runnable.identity.spawn(command, self.folder.parent, stdout=log, stderr=log)
        await self._until_ready(self._process, start)

    async def _until_ready(self, process: subprocess.Popen[bytes], log_start: int) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + _READY_SECONDS
        while not await answers(self.dsn):
            if process.poll() is not None or clock() >= deadline:
                words = self._last_words(log_start)
                raise Misconfigured(f"Postgres cannot start on {self.folder}: {words}; see {self.log}.")
            await asyncio.sleep(_POLL_SECONDS)

    def _last_words(self, start: int) -> str:
        """The gravest of what was logged since `start`."""
        with self.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()
        # What follows from a full disk is reported as graver than the disk.
        for level in ("No space left on device", "PANIC:", "FATAL:", "ERROR:", "error:"):
            for line in lines:
                if level in line:
                    return (line.partition(level)[2] or level).strip().rstrip(".")
        return lines[-1].strip() if lines else "it says nothing"
