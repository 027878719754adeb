"""Behind PgBouncer: in session mode all works as it comes, in transaction mode beside Postgres itself. All else is
refused in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.db.connections.connect import connect
from app.db.connections.pooled import Pooled
from app.db.connections.sessions import SessionsNotKept, check_sessions
from app.db.pool import Database
from tests.commands.conftest import CommandLine
from tests.commands.test_glue_import import IMAGES
from tests.lengths import by_length
from tests.pgbouncer import Mode, pgbouncer
from tests.processes import command, serving
from tests.programs import needs

pytestmark = needs("pgbouncer")


async def test_session_mode_works_as_it_comes(dsn: str, cli: CommandLine, tmp_path: Path) -> None:
    """Nothing in the startup packet is refused, doctor finds nothing, and a service starts, reads and listens."""
    async with pgbouncer(dsn, "session") as pooler:
        address = pooler.address
        await check_sessions(address)
        output = await cli.run("doctor", DATABASE_URL=address)
        assert (output.code, "ok     database" in output.out) == (0, True), output.out
        assert (await cli.run("product", "add", "--sku", "mug", DATABASE_URL=address)).code == 0
        environment = {"DATABASE_URL": address, "SECRET_KEY": "x" * 32, "DATA_DIR": tmp_path / "data"}
        async with serving(**environment) as (base, _):
            assert base


async def test_statements_are_planned_once_whatever_is_in_between(dsn: str) -> None:
    """Every connection, of the pool or not, plans its statements once, behind a pooler too."""
    async with pgbouncer(dsn, "session") as pooler:
        for address in (dsn, pooler.address):
            connection = await connect(address)
            assert await connection.fetchval("show plan_cache_mode") == "force_generic_plan"
            await connection.close()
            async with Database(address) as database, database._connected() as leased:
                assert await leased.fetchval("show plan_cache_mode") == "force_generic_plan"


@pytest.mark.parametrize("mode", by_length(["transaction"], ["transaction", "statement"]))
async def test_other_modes_alone_are_refused_in_a_sentence(
    dsn: str, cli: CommandLine, tmp_path: Path, mode: Mode
) -> None:
    """Where sessions are not kept doctor, commands and the service say so, with the remedy, and end."""
    async with pgbouncer(dsn, mode) as pooler:
        address = pooler.address
        with pytest.raises(SessionsNotKept):
            await check_sessions(address)
        output = await cli.run("doctor", DATABASE_URL=address)
        assert output.code == 1
        assert "WRONG  database  DATABASE_URL leads through a pooler that keeps no sessions" in output.out
        assert "Remedy: Name Postgres itself in DATABASE_LISTEN_URL, or set pool_mode=session" in output.out
        environment = {"DATABASE_URL": address, "SECRET_KEY": "x" * 32, "DATA_DIR": tmp_path / "data"}
        for words in (("serve",), ("store", "add", "--code", "german")):
            process = await command(*words, **environment)
            reported, _ = await process.communicate()
            assert (process.returncode, len(reported.splitlines())) == (1, 1), reported
            assert b"keeps no sessions" in reported


async def test_transaction_mode_works_beside_postgres_itself(dsn: str, cli: CommandLine, tmp_path: Path) -> None:
    """Doctor finds nothing wrong with it, and says where sessions are; commands work, also an import, which copies into
    temporary tables and holds a lock while it works. Its second run finds nothing to do."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "product_abstract.csv").write_text("abstract_sku\nmug\n")
    (folder / "product_image.csv").write_text(IMAGES)
    async with pgbouncer(dsn, "transaction", size=1) as pooler:
        urls = {"DATABASE_URL": pooler.address, "DATABASE_LISTEN_URL": dsn}
        told = (await cli.run("doctor", **urls)).out
        assert "with sessions at DATABASE_LISTEN_URL" in told
        assert "ok     database" in told
        for words in (("migrate",), ("product", "add", "--sku", "cup"), ("image-type", "add", "--code", "front")):
            output = await cli.run(*words, **urls)
            assert output.code == 0, output
        behind = replace(cli, environ={**cli.environ, **urls})
        words = "import", "glue", str(folder), "--report", str(tmp_path / "rejected.csv")
        assert [(await behind(*words))["links"]["created"] for _ in range(2)] == [2, 0]


async def test_another_database_beside_the_pooler_is_refused(dsn: str, empty_dsn: str, cli: CommandLine) -> None:
    """What would never be heard of is noticed at the start: another database, or the pooler once more."""
    async with pgbouncer(dsn, "transaction") as pooler:
        for elsewhere in (empty_dsn, f"{pooler.address}?application_name=other"):
            with pytest.raises(SessionsNotKept, match="is not heard at DATABASE_LISTEN_URL"):
                await check_sessions(Pooled(pooler.address, elsewhere))
        output = await cli.run("doctor", DATABASE_URL=pooler.address, DATABASE_LISTEN_URL=empty_dsn)
        assert output.code == 1
        assert "Remedy: Name Postgres itself in DATABASE_LISTEN_URL" in output.out


async def test_pooling_by_statement_is_refused_beside_postgres_itself(dsn: str, cli: CommandLine) -> None:
    """Changes need transactions: one sentence says so, with the mode that has them."""
    async with pgbouncer(dsn, "statement") as pooler:
        output = await cli.run("doctor", DATABASE_URL=pooler.address, DATABASE_LISTEN_URL=dsn)
        assert output.code == 1
        assert "a pooler that takes no transactions" in output.out
        assert "Remedy: Set pool_mode=transaction" in output.out


async def test_a_parameter_that_is_refused_is_named_with_its_remedy(dsn: str, cli: CommandLine) -> None:
    """What an operator put into the address himself is named, and where to take it out."""
    async with pgbouncer(dsn, "session") as pooler:
        output = await cli.run("doctor", DATABASE_URL=f"{pooler.address}?jit=off")
    assert output.code == 1
    assert "unsupported startup parameter: jit" in output.out
    assert "Remedy: Take that parameter out of DATABASE_URL" in output.out
