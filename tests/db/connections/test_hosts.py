"""A connection string that names several hosts."""

import asyncio
from time import monotonic

import asyncpg
import pytest

from app.db.connections.connect import connect
from app.db.connections.hosts import of_each_host
from app.errors import DatabaseUnavailable
from tests.postgres_proxy import proxied

_READ_WRITE = "target_session_attrs=read-write"


@pytest.mark.parametrize(
    ("dsn", "each"),
    [
        ("postgresql://u:p@a/db", ["postgresql://u:p@a/db"]),
        ("postgresql:///db?host=/run/one", ["postgresql:///db?host=/run/one"]),
        (
            "postgresql://u:p%2C@a:1,b:2/db",
            [f"postgresql://u:p%2C@a:1/db?{_READ_WRITE}", f"postgresql://u:p%2C@b:2/db?{_READ_WRITE}"],
        ),
        (
            "postgresql://[::1]:1,b/db?sslmode=require&target_session_attrs=primary",
            [
                "postgresql://[::1]:1/db?sslmode=require&target_session_attrs=primary",
                "postgresql://b/db?sslmode=require&target_session_attrs=primary",
            ],
        ),
        (
            f"postgresql:///db?host=a,b&port=1,2&{_READ_WRITE}",
            [f"postgresql:/db?host=a&{_READ_WRITE}&port=1", f"postgresql:/db?host=b&{_READ_WRITE}&port=2"],
        ),
        (
            "postgresql:///db?host=a,b&port=1",
            [f"postgresql:/db?host=a&{_READ_WRITE}&port=1", f"postgresql:/db?host=b&{_READ_WRITE}&port=1"],
        ),
        ("postgresql://a,b/db?target_session_attrs=any", ["postgresql://a,b/db?target_session_attrs=any"]),
    ],
)
def test_each_host_has_a_connection_string_of_its_own(dsn: str, each: list[str]) -> None:
    """Each host of a list is named alone, with all that was said beside; where nothing says which, by writing."""
    assert of_each_host(dsn) == each


async def test_a_host_that_says_nothing_keeps_nobody_waiting(dsn: str) -> None:
    """A host that takes connections and says nothing, or refuses them, is passed over for the next one."""

    over = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    silent = server.sockets[0].getsockname()[1]
    async with proxied(dsn) as proxy:
        began = monotonic()
        hosts = f"127.0.0.1:{silent},127.0.0.1:1,127.0.0.1:{proxy.port}"
        connection = await connect(proxy.dsn.replace(f"127.0.0.1:{proxy.port}", hosts))
        assert monotonic() - began < 4
        assert await connection.fetchval("select 1") == 1
        await connection.close()
        await over.wait()
    server.close()


async def test_hosts_that_are_all_away_are_told_so() -> None:
    """Where no host serves, the database is away."""
    with pytest.raises(DatabaseUnavailable):
        await connect("postgresql://nobody@127.0.0.1:1,127.0.0.1:2/none")


async def test_a_server_that_only_reads_is_let_go_of(dsn: str) -> None:
    """A connection whose server has become one to read from is closed, so that the next one goes to another server."""
    connection = await connect(dsn)
    await connection.execute("set default_transaction_read_only = on")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await connection.execute("create table never ()")
    assert connection.is_closed()
