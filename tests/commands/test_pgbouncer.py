"""Behind PgBouncer: in session mode all works as it comes, in transaction mode it is refused in a sentence."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from app.db.connections.connect import answers, connect
from app.db.connections.sessions import SessionsNotKept, check_sessions
from app.db.pool import Database
from tests.commands.conftest import CommandLine
from tests.processes import command, free_port, serving
from tests.programs import needs

pytestmark = needs("pgbouncer")

Mode = Literal["session", "transaction", "statement"]
Pooled = Callable[[Mode], AbstractAsyncContextManager[str]]
SETTINGS: Final = """
[databases]
* = host=127.0.0.1 port={postgres} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""


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


@pytest.fixture
def pooled(dsn: str) -> Pooled:
    """The test's database behind a PgBouncer in this mode: its address."""

    @asynccontextmanager
    async def start(mode: Mode) -> AsyncIterator[str]:
        parts = urlsplit(dsn)
        socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        async with reached_by_port(socket) as postgres:
            port = free_port()
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "pgbouncer.ini"
                path.write_text(SETTINGS.format(postgres=postgres, port=port, mode=mode))
                Path(folder).chmod(0o755)  # noqa: ASYNC240
                words = ["pgbouncer", *(("-u", "nobody") if os.geteuid() == 0 else ()), str(path)]
                process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
                try:
                    address = f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
                    async with asyncio.timeout(20):
                        while not await answers(address):  # noqa: ASYNC110
                            await asyncio.sleep(0.05)
                    yield address
                finally:
                    process.terminate()
                    await process.wait()

    return start


async def test_session_mode_works_as_it_comes(pooled: Pooled, cli: CommandLine, tmp_path: Path) -> None:
    """Nothing in the startup packet is refused, doctor finds nothing, and a service starts, reads and listens."""
    async with pooled("session") as address:
        await check_sessions(address)
        output = await cli.run("doctor", DATABASE_URL=address)
        assert (output.code, "ok     database" in output.out) == (0, True), output.out
        assert (await cli.run("product", "add", "--sku", "mug", DATABASE_URL=address)).code == 0
        environment = {"DATABASE_URL": address, "SECRET_KEY": "x" * 32, "DATA_DIR": tmp_path / "data"}
        async with serving(**environment) as (base, _):
            assert base


async def test_statements_are_planned_once_whatever_is_in_between(pooled: Pooled, dsn: str) -> None:
    """Every connection, of the pool or not, plans its statements once, behind a pooler too."""
    async with pooled("session") as behind:
        for address in (dsn, behind):
            connection = await connect(address)
            assert await connection.fetchval("show plan_cache_mode") == "force_generic_plan"
            await connection.close()
            async with Database(address) as database, database._connected() as leased:
                assert await leased.fetchval("show plan_cache_mode") == "force_generic_plan"


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_other_modes_are_refused_in_a_sentence(
    pooled: Pooled, cli: CommandLine, tmp_path: Path, mode: Mode
) -> None:
    """Where sessions are not kept doctor, commands and the service say so, with the remedy, and end."""
    async with pooled(mode) as address:
        with pytest.raises(SessionsNotKept):
            await check_sessions(address)
        output = await cli.run("doctor", DATABASE_URL=address)
        assert output.code == 1
        assert "WRONG  database  DATABASE_URL leads through a pooler that keeps no sessions" in output.out
        assert "Remedy: Name Postgres itself in DATABASE_URL, or set pool_mode=session" in output.out
        environment = {"DATABASE_URL": address, "SECRET_KEY": "x" * 32, "DATA_DIR": tmp_path / "data"}
        for words in (("serve",), ("store", "add", "--code", "german")):
            process = await command(*words, **environment)
            told, _ = await process.communicate()
            assert (process.returncode, len(told.splitlines())) == (1, 1), told
            assert b"keeps no sessions" in told


async def test_a_parameter_that_is_refused_is_named_with_its_remedy(pooled: Pooled, cli: CommandLine) -> None:
    """What an operator put into the address himself is named, and where to take it out."""
    async with pooled("session") as address:
        output = await cli.run("doctor", DATABASE_URL=f"{address}?jit=off")
    assert output.code == 1
    assert "unsupported startup parameter: jit" in output.out
    assert "Remedy: Take that parameter out of DATABASE_URL" in output.out
