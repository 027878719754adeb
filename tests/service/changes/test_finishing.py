"""The end of what was done together is told once, with what was in it."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.changes.acting import Act, as_actor
from app.service.changes.finishing import NamedBatches, finished_batch
from app.service.changes.record import Row, record_rows

ACT = Act("key", "3", "PIM", "v1", "spring")
_AT_ONCE = timedelta(0)


async def write(database: Database, *kinds: str, act: Act = ACT) -> None:
    with as_actor(act):
        async with database.transaction() as tx:
            await record_rows(tx, [Row(kind, 8, after={}) for kind in kinds])


async def ends(connection: Connection) -> list[dict[str, Any]]:
    """What the log tells of ends, in order."""
    rows = await connection.fetch("select * from change where kind = 'batch.finished' order by id")
    assert {(row["actor_kind"], row["actor_id"], row["batch"]) for row in rows} <= {("key", "3", "spring")}
    return [orjson.loads(row["after"]) for row in rows]


async def test_a_named_batch_ends_when_nothing_comes_any_more(database: Database, connection: Connection) -> None:
    """Its end tells how many changes of which kinds there were, from which row to which; later ones it has, too."""
    batches = NamedBatches(database)
    async with batches.kept_open(ACT):
        await write(database, "image.created", "image.created", "product.updated")
    await write(database, "image.created", act=Act("key", "4", None, "v1", "spring"))
    await batches.finish()
    assert await ends(connection) == [], "a minute is not over"
    await batches.finish(_AT_ONCE)
    await batches.finish(_AT_ONCE)
    [end] = await ends(connection)
    assert end.pop("last") - end.pop("first") == 2
    assert end == {"changes": 3, "kinds": {"image.created": 2, "product.updated": 1}, "complete": True}
    async with batches.kept_open(ACT):
        await write(database, "image.deleted")
    await batches.finish(_AT_ONCE)
    assert [end["changes"] for end in await ends(connection)] == [3, 4]


async def test_a_batch_in_which_nothing_was_done_has_no_end(database: Database, connection: Connection) -> None:
    """Nor is told what was done to credentials."""
    batches = NamedBatches(database)
    async with batches.kept_open(ACT):
        await write(database, "key.added")
    await batches.finish(_AT_ONCE)
    assert await ends(connection) == []
    assert await connection.fetchval("select count(*) from open_batch") == 0


async def test_a_batch_that_broke_off_is_not_complete(database: Database, connection: Connection) -> None:
    """What raises ends its batch, and says that there could have been more."""
    with pytest.raises(ValueError, match="disc"):
        async with finished_batch(database, ACT):
            await write(database, "image.created")
            raise ValueError("disc")
    async with finished_batch(database, ACT):
        await write(database, "image.created")
    assert [end["complete"] for end in await ends(connection)] == [False, True]
