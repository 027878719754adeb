import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.db.connections.connect import answers, connect
from app.embedded import claim
from app.embedded.claim import Ownership
from app.embedded.postgres import embedded_postgres
from app.embedded.postmaster import running_postmaster
from app.errors import Misconfigured
from tests.conftest import FAST

_HOLDER = """
import asyncio, sys
from pathlib import Path
from app.embedded.postgres import embedded_postgres

async def hold() -> None:
    async with embedded_postgres(Path(sys.argv[1]), role=sys.argv[2], options={"fsync": "off"}) as dsn:
        print(dsn, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


@asynccontextmanager
async def _process(data_dir: Path, role: Ownership, *before: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that has the embedded Postgres until its input ends."""
    process = await asyncio.create_subprocess_exec(
        *before, sys.executable, "-c", _HOLDER, str(data_dir), role,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        _let_end(process)
        await process.wait()


def _let_end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()


async def _dsn_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode().strip()


@asynccontextmanager
async def _seen_to_end(data_dir: Path) -> AsyncIterator[int]:
    """The number of the running Postgres; the end of the block waits for its end."""
    postmaster = running_postmaster(data_dir / "postgres")
    assert postmaster is not None
    ended, descriptor = asyncio.Event(), os.pidfd_open(postmaster.pid)
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        yield postmaster.pid
        async with asyncio.timeout(20):
            await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


def _is_leaving(data_dir: Path) -> bool:
    return (data_dir / "postgres.owner").read_text().startswith("leaving")


async def _write(dsn: str, value: int) -> None:
    connection = await connect(dsn)
    await connection.execute("create table if not exists kept (value integer)")
    await connection.execute("insert into kept values ($1)", value)
    await connection.close()


async def _read(dsn: str) -> list[int]:
    connection = await connect(dsn)
    rows = await connection.fetch("select value from kept order by value")
    await connection.close()
    return [row["value"] for row in rows]


async def test_data_outlives_the_process(memory: Path) -> None:
    """What was written is there the next time, and between the times nothing runs."""
    data_dir = memory / "fresh"
    async with embedded_postgres(data_dir, role="server", options=FAST) as dsn:
        await _write(dsn, 1)
        assert (data_dir / "postgres").stat().st_mode & 0o077 == 0
    assert running_postmaster(data_dir / "postgres") is None
    async with embedded_postgres(data_dir, role="server", options=FAST) as dsn:
        assert await _read(dsn) == [1]


async def test_only_a_private_socket_is_open(data_dir: Path) -> None:
    """Postgres listens on no port, and on a socket that is its owner's alone."""
    async with embedded_postgres(data_dir, options=FAST) as dsn:
        connection = await connect(dsn)
        assert await connection.fetchval("show listen_addresses") == ""
        await connection.close()
        assert (data_dir / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


async def test_nothing_acknowledged_may_be_lost(data_dir: Path) -> None:
    """Unless it is told otherwise, Postgres writes through to the disk."""
    async with embedded_postgres(data_dir) as dsn:
        connection = await connect(dsn)
        assert await connection.fetchval("show fsync") == "on"
        assert await connection.fetchval("show synchronous_commit") == "on"
        await connection.close()


async def test_a_guest_uses_the_servers_postgres(data_dir: Path) -> None:
    """A command uses the Postgres of the server that runs, and leaves it running."""
    async with embedded_postgres(data_dir, role="server", options=FAST) as servers:
        async with embedded_postgres(data_dir) as guests:
            assert guests == servers
            await _write(guests, 1)
        assert await _read(servers) == [1]


async def test_a_guest_alone_runs_postgres_itself(data_dir: Path) -> None:
    """A command that finds no server runs Postgres for as long as it and other commands need it."""
    async with _process(data_dir, "guest") as first:
        dsn = await _dsn_of(first)
        async with embedded_postgres(data_dir) as joined:
            assert joined == dsn
            _let_end(first)
            while not _is_leaving(data_dir):
                await _write(joined, 1)
            await _write(joined, 1)
        assert await first.wait() == 0
    assert running_postmaster(data_dir / "postgres") is None


async def test_a_server_waits_for_a_command(data_dir: Path) -> None:
    """A server that starts while a command runs Postgres waits for the command to finish."""
    async with _process(data_dir, "guest") as command:
        await _dsn_of(command)
        async with _process(data_dir, "server") as server:
            _let_end(command)
            assert await answers(await _dsn_of(server))


async def test_a_server_says_what_it_waits_for(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a command takes, a server waits for it, and names it once."""
    monkeypatch.setattr(claim, "_SERVER_WAITS_SECONDS", 0.0)
    monkeypatch.setattr(claim, "_REPORT_SECONDS", 0.1)
    reported = asyncio.Queue[str]()
    async with _process(data_dir, "guest") as command:
        await _dsn_of(command)
        waiting = asyncio.create_task(_serve(data_dir, reported.put_nowait))
        async with asyncio.timeout(20):
            sentence = await reported.get()
        assert sentence == f"Waiting for process {command.pid}, a command that works with {data_dir}, to end."
        _let_end(command)
        assert await waiting
    assert reported.empty()


async def _serve(data_dir: Path, report: Callable[[str], object]) -> bool:
    async with embedded_postgres(data_dir, role="server", options=FAST, report=report) as dsn:
        return await answers(dsn)


async def test_a_name_that_no_connection_string_can_have_is_refused(tmp_path: Path) -> None:
    """A data directory whose name is not in UTF-8 is refused in a sentence, which can be printed."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(Misconfigured, match=r"caf\\udce9' cannot hold a Postgres: its name is not in UTF-8"):
        async with embedded_postgres(folder, options=FAST):
            raise AssertionError
    assert not list(folder.iterdir())


async def test_a_second_server_is_refused(data_dir: Path) -> None:
    """A second server on one data directory is refused, with the number of the first."""
    async with _process(data_dir, "server") as first:
        await _dsn_of(first)
        with pytest.raises(Misconfigured, match=f"is in use by process {first.pid}"):
            async with embedded_postgres(data_dir, role="server"):
                pass


@pytest.mark.parametrize("role", ["server", "guest"])
async def test_no_child_survives_a_killed_process(data_dir: Path, role: Ownership) -> None:
    """When the process is killed Postgres ends too, and the next start finds all that was committed."""
    async with _process(data_dir, role) as process:
        dsn = await _dsn_of(process)
        await _write(dsn, 1)
        async with _seen_to_end(data_dir):
            process.kill()
            await process.wait()
            async with embedded_postgres(data_dir, role="server", options=FAST) as next_dsn:
                assert await _read(next_dsn) == [1]


async def test_a_killed_postgres_is_started_again(data_dir: Path) -> None:
    """A Postgres that ends by itself is started again while its process runs."""
    async with embedded_postgres(data_dir, role="server", options={"fsync": "off"}) as dsn:
        await _write(dsn, 1)
        async with _seen_to_end(data_dir) as pid:
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not await answers(dsn):  # noqa: ASYNC110 -- what it waits for happens in this loop
                await asyncio.sleep(0)
        assert await _read(dsn) == [1]


async def test_ctrl_c_does_not_reach_postgres_before_us(data_dir: Path) -> None:
    """Postgres stands outside our process group, so Ctrl-C leaves it to us to end it."""
    async with embedded_postgres(data_dir, options=FAST):
        postmaster = running_postmaster(data_dir / "postgres")
        assert postmaster is not None
        assert os.getpgid(postmaster.pid) != os.getpgid(0)


async def test_an_error_in_the_block_ends_postgres(data_dir: Path) -> None:
    """What the block raises passes through, after Postgres was ended."""
    with pytest.raises(ZeroDivisionError):
        async with embedded_postgres(data_dir, options=FAST):
            raise ZeroDivisionError
    assert running_postmaster(data_dir / "postgres") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="a plain user is what the other tests run as")
async def test_a_plain_user_is_served_alike(memory: Path) -> None:
    """It works for a user who is not root; the user namespace that shows it has nobody else in it."""
    probe = await asyncio.create_subprocess_exec("unshare", "-U", "--map-user=1000", "true")
    if await probe.wait() != 0:
        pytest.skip("user namespaces are not allowed here")
    async with _process(memory / "plain", "server", "unshare", "-U", "--map-user=1000") as process:
        assert await answers(await _dsn_of(process))
