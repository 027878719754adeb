"""`history` and `image restore`."""

from datetime import UTC, datetime, timedelta

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from tests.commands.conftest import CommandLine
from tests.service.galleries.test_undo import change, create, destroy, last_row, move, prepare, relabel, state


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


async def test_one_change_is_taken_back(cli: CommandLine, database: Database, connection: Connection) -> None:
    """By its number; the rest of its batch stays."""
    await prepare(connection)
    await change(database, *relabel(1))
    before = await state(connection)
    await change(database, *relabel(2))

    undone = await cli("history", "undo", "--change", str(await last_row(connection)))
    assert undone["undone"] == 1
    assert await state(connection) == before


async def test_what_cannot_be_taken_back_is_counted(
    cli: CommandLine, database: Database, connection: Connection
) -> None:
    """By kind, with the rest taken back."""
    await prepare(connection)
    await change(database, *relabel(1))
    await connection.execute(
        "insert into change (kind, actor_kind, actor_id, via, batch, after) "
        "values ('picture.purged', 'key', '3', 'v1', 'one', '{}')"
    )
    assert (await cli("history", "undo", "--batch", "one"))["leaves"] == {"picture.purged": 1}


async def test_a_large_batch_is_taken_back_slice_by_slice(
    cli: CommandLine, database: Database, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command does the job itself, and tells what came of it as it does of a small one."""
    monkeypatch.setattr("app.service.galleries.undo.MOST_CHANGES", 2)
    monkeypatch.setattr("app.service.galleries.undoing._CHANGES", 1)
    await prepare(connection)
    before = await state(connection)
    await change(database, *relabel(1), *relabel(2), *create(4))
    await change(database, *move(3), placed=[3])

    undone = await cli("history", "undo", "--batch", "one")
    assert (undone["undone"], undone["left"], undone["state"]) == (4, [], "done")
    assert await state(connection) == before
    assert await connection.fetchval("select count(*) from pgqueuer") == 0, "nobody else is asked to do it"

    await change(database, *relabel(1), *relabel(2), *relabel(3), batch="two")
    await change(database, *relabel(2), batch="other")
    assert "changed since" in await cli.fails("history", "undo", "--batch", "two")
    out = (await cli.run("history", "undo", "--batch", "two", "--force")).out
    assert out.startswith("2 things are as they were; this is batch ")
    assert out.endswith(" Left, since they were changed meanwhile: 2.\n")


async def test_the_history_of_one_thing_goes_on_where_it_ended(
    cli: CommandLine, database: Database, connection: Connection
) -> None:
    """That of a product is its images', too; both are listed as a whole."""
    await prepare(connection)
    for _ in range(3):
        await change(database, *relabel(1))
    await change(database, *relabel(2))

    for words, images in ((("--image", "1"), [1, 1, 1]), (("--sku", "dress"), [2, 1, 1, 1])):
        found, behind = list[int](), tuple[str, ...]()
        while True:
            page = await cli("history", "list", *words, *behind, "--limit", "2")
            found += [row["image_id"] for row in page["changes"]]
            if page["next"] is None:
                break
            behind = ("--before", str(page["next"]))
        assert found == images
        assert "listed as a whole" in await cli.fails("history", "list", *words, "--via", "v1")
    assert await cli.fails("history", "list", "--sku", "hat") == "There is no product hat."
    assert await cli.fails("history", "list", "--image", "99") == "There is no image 99."


async def test_a_page_is_filled_however_much_is_looked_through(
    cli: CommandLine, database: Database, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes that are not meant lie between those that are; the command goes on until it has what it may list."""
    await prepare(connection)
    await change(database, *relabel(1))
    await connection.execute(
        "insert into change (kind, actor_kind, actor_id, via, batch) "
        "select 'product.updated', 'key', '3', 'v1', 'import' from generate_series(1, 5000)"
    )
    await change(database, *relabel(2))

    listed = await cli("history", "list", "--kind", "image.*", "--limit", "2")
    assert [row["image_id"] for row in listed["changes"]] == [2, 1]
    assert (await cli.run("history", "list", "--batch", "none")).out == "No changes.\n"


async def test_changes_are_chosen_by_who_made_them_and_when(
    cli: CommandLine, database: Database, connection: Connection
) -> None:
    """From a time on, which is the machine's where no zone is told; more of a list is announced below it."""
    await prepare(connection)
    await change(database, *relabel(1), *relabel(2))
    listed = (await cli.run("history", "list", "--actor", "PIM", "--limit", "1")).out
    assert f"More of them: --before {await last_row(connection)}" in listed
    assert (await cli("history", "list", "--actor", "Somebody"))["changes"] == []

    now = datetime.now(UTC)
    for since, number in ((now - timedelta(hours=1), 2), (now + timedelta(hours=1), 0)):
        local = since.astimezone().replace(tzinfo=None)
        for moment in (since, local):
            assert len((await cli("history", "list", "--since", moment.isoformat()))["changes"]) == number
