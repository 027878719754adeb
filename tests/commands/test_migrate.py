"""`migrate`."""

from app.db.files import sql_folder
from tests.commands.conftest import CommandLine


async def test_an_empty_database_gets_the_whole_schema_once(cli: CommandLine, empty_dsn: str) -> None:
    """The numbers of the migrations are listed in their order; where nothing is missing, that is said."""
    empty = CommandLine({**cli.environ, "DATABASE_URL": empty_dsn}, cli.capture)
    numbers = sorted(path.name.partition("_")[0] for path in (sql_folder() / "migrations").glob("*.sql"))

    assert await empty("migrate") == {"applied": numbers}
    assert await empty("migrate") == {"applied": []}
    assert (await empty.run("migrate")).out == "The schema is up to date.\n"
    assert (await empty("product", "add", "--sku", "mug"))["sku"] == "mug"


async def test_what_is_applied_is_listed(cli: CommandLine, empty_dsn: str) -> None:
    """As people read it: the first and the last of them, in one sentence."""
    empty = CommandLine({**cli.environ, "DATABASE_URL": empty_dsn}, cli.capture)
    out = (await empty.run("migrate")).out
    assert out.startswith("Applied: 0001, 0002, ")
    assert out.endswith(".\n")


async def test_a_database_that_is_away_is_reported(cli: CommandLine) -> None:
    """In one sentence, without its password."""
    away = {"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/none"}
    sentence = await cli.fails_with(away, "migrate")
    assert "secret" not in sentence
    assert "\n" not in sentence
