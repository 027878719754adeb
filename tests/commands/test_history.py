from app.db.connections.connect import Connection
from app.db.pool import Database
from tests.commands.conftest import CommandLine
from tests.service.galleries.test_undo import change, destroy, prepare, relabel, state


async def test_a_batch_is_taken_back(cli: CommandLine, database: Database, connection: Connection) -> None:
    """`history undo` tells how many images it changed and the batch that it is, which can be taken back, too."""
    await prepare(connection)
    before = await state(connection)
    await change(database, *relabel(1), *destroy(2))

    undone = await cli("history", "undo", "--batch", "one")
    assert (undone["undone"], undone["left"]) == (2, [])
    assert await state(connection) == before
    assert await connection.fetchval("select batch from change order by id desc limit 1") == undone["batch"]


async def test_what_was_changed_since_is_named(cli: CommandLine, database: Database, connection: Connection) -> None:
    """Without `--force` nothing is done; with it the images that are left are reported."""
    await prepare(connection)
    await change(database, *relabel(1), *relabel(2))
    await change(database, *relabel(2), batch="other")

    assert "changed since" in await cli.fails("history", "undo", "--batch", "one")
    assert (await cli.run("history", "undo", "--batch", "one", "--force")).out.endswith("meanwhile: 2.\n")
    assert "no such change" in await cli.fails("history", "undo", "--change", "4711")


async def test_an_image_is_restored(cli: CommandLine, database: Database, connection: Connection) -> None:
    """`image restore` brings a deleted image back, or one as it was."""
    await prepare(connection)
    before = await state(connection)
    await change(database, *relabel(1))
    await change(database, *destroy(1))

    assert await cli("image", "restore", "1") == {"id": 1}
    assert await connection.fetchval("select is_live from image where id = 1")
    assert await cli("image", "restore", "1", "--revision", "0") == {"id": 1}
    assert await state(connection) == before
    assert await cli.fails("image", "restore", "1") == "Image 1 is not deleted."


async def test_changes_are_listed_and_shown(cli: CommandLine, database: Database, connection: Connection) -> None:
    """`history list` has the newest first, of everything or of one thing; `history show` tells what was and what is."""
    await prepare(connection)
    await change(database, *relabel(1), *relabel(2))
    await change(database, *relabel(2), batch="other")

    listed = await cli("history", "list", "--limit", "1")
    assert [(row["image_id"], row["batch"]) for row in listed["changes"]] == [(2, "other")]
    rest = await cli("history", "list", "--before", str(listed["next"]))
    assert ([row["image_id"] for row in rest["changes"]], rest["next"]) == ([2, 1], None)
    assert len((await cli("history", "list", "--image", "2"))["changes"]) == 2
    assert len((await cli("history", "list", "--batch", "one", "--kind", "image.*"))["changes"]) == 2
    number = listed["changes"][0]["id"]
    shown = await cli("history", "show", str(number))
    assert (shown["kind"], shown["after"]["label"]) == ("image.updated", listed["changes"][0]["after"]["label"])
    assert "image.updated" in (await cli.run("history", "list")).out
    assert "no change" in await cli.fails("history", "show", "4711")
