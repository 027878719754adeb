"""What `postmaster.pid` tells of a Postgres that runs, or ran, on a folder."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.db.connections.connect import answers

_PID_LINE, _SOCKET_LINE = 0, 4


@dataclass(frozen=True, slots=True)
class Postmaster:
    pid: int
    socket_folder: Path | None

    def interrupt(self) -> None:
        """Ask it to end now, without waiting for its clients. Doing so twice changes nothing."""
        os.kill(self.pid, signal.SIGINT)


def running_postmaster(database_folder: Path) -> Postmaster | None:
    """The Postgres that runs on this folder, if one does. A file that was left behind by a killed
    one is no sign of life, even where another process has got its number since."""
    try:
        lines = (database_folder / "postmaster.pid").read_text().splitlines()
        pid = int(lines[_PID_LINE])
    except (OSError, ValueError, IndexError):
        return None
    if pid <= 0 or not _works_on(pid, database_folder):
        return None
    folder = lines[_SOCKET_LINE] if len(lines) > _SOCKET_LINE else ""
    return Postmaster(pid, Path(folder) if folder else None)


def dsn_of(socket_folder: Path) -> str:
    """The connection string of the Postgres that listens in this folder."""
    return f"postgresql://postgres@/postgres?host={quote(str(socket_folder))}"


async def answering_dsn(database_folder: Path) -> str | None:
    """The connection string of the Postgres that runs on this folder, once it takes connections."""
    postmaster = running_postmaster(database_folder)
    if postmaster is None or postmaster.socket_folder is None:
        return None
    dsn = dsn_of(postmaster.socket_folder)
    return dsn if await answers(dsn) else None


def _works_on(pid: int, database_folder: Path) -> bool:
    """Whether this process is a Postgres on that folder, which it makes its working directory."""
    process = Path(f"/proc/{pid}")
    if not process.parent.joinpath("self").exists():
        return str(database_folder) in _command_line(pid)
    try:
        if _is_zombie(process):
            return False
        return process.joinpath("cwd").samefile(database_folder)
    except OSError:
        return False


def _is_zombie(process: Path) -> bool:
    return process.joinpath("stat").read_text().rpartition(") ")[2].startswith("Z")


def _command_line(pid: int) -> str:
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return listing.stdout
