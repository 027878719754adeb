"""Debian's PgBouncer in front of a test's database."""

import asyncio
import os
import signal
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from app.db.connections.connect import answers
from tests.processes import free_port

Mode = Literal["session", "transaction", "statement"]

_SETTINGS: Final = """
[databases]
* = host=127.0.0.1 port={postgres} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
"""


class PgBouncer:
    """On a port that stays; it may be killed and started again. `address` is the test's database behind it."""

    def __init__(self, folder: Path, port: int, database: str) -> None:
        self.address = f"postgresql://postgres@127.0.0.1:{port}{database}"
        self._port = port
        self._file = folder / "pgbouncer.ini"
        self._process: Process | None = None

    async def start(self) -> None:
        words = ["pgbouncer", *(("-u", "nobody") if os.geteuid() == 0 else ()), str(self._file)]
        self._process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(20):
            while not await answers(self.address):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(sign)
            await self._process.wait()

    async def lead_as(self, other: "PgBouncer") -> None:
        """To where another one does, from now on."""
        await self.end()
        ours, theirs = (f"listen_port = {one._port}\n" for one in (self, other))
        self._file.write_text(other._file.read_text().replace(theirs, ours))
        await self.start()


@asynccontextmanager
async def pgbouncer(dsn: str, mode: Mode, size: int = 20) -> AsyncIterator[PgBouncer]:
    """Before the Postgres that `dsn` reaches by a Unix socket, with `size` connections to it."""
    parts = urlsplit(dsn)
    socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
    async with reached_by_port(socket) as postgres:
        port = free_port()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)  # noqa: ASYNC240
            started = PgBouncer(folder, port, parts.path)
            (folder / "pgbouncer.ini").write_text(_SETTINGS.format(postgres=postgres, port=port, mode=mode, size=size))
            await started.start()
            try:
                yield started
            finally:
                await started.end()


@asynccontextmanager
async def reached_by_port(socket: Path) -> AsyncIterator[int]:
    """A port that leads to a Unix socket: PgBouncer never runs as root, and so may not reach the socket itself."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            back, forth = await asyncio.open_unix_connection(socket)
            await asyncio.gather(carry(reader, forth), carry(back, writer))

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
