"""Imports that others may look at and stop, and that are known to have broken off."""

from dataclasses import replace

import orjson
import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.errors import Conflict
from app.service.changes.long_jobs import LongJobs, NoSuchJob, Stopped
from tests.service.changes.test_finishing import ACT, write

_IMPORT = replace(ACT, kind="command", id=None, via="import", batch="b")


async def test_an_import_shows_how_far_it_is(database: Database) -> None:
    """While it lasts it counts as under way, also for who looks for those that broke off; then it is done."""
    jobs, heard = LongJobs(database), list[int]()
    async with jobs.under_way(_IMPORT, 7) as progress:
        progress.watched(heard.append)(3)
        await progress.write_down(database)
        await jobs.end_broken_off()
        job = await jobs.job(progress.number)
        assert (job["kind"], job["state"], job["done"], job["total"]) == ("import", "in_hand", 3, 7)
    job = await jobs.job(progress.number)
    assert (job["state"], job["done"], heard) == ("done", 3, [3])
    with pytest.raises(NoSuchJob):
        await jobs.job(progress.number + 1)


async def test_an_import_is_stopped(database: Database) -> None:
    """Where it tells how far it is it ends."""
    jobs = LongJobs(database)
    with pytest.raises(Stopped):
        async with jobs.under_way(_IMPORT, None) as progress:
            await jobs.stop(progress.number)
            await progress.write_down(database)
            progress.watched(lambda _: None)(1)
    assert (await jobs.job(progress.number))["state"] == "stopped"


async def test_a_command_that_removes_is_not_stopped(database: Database) -> None:
    """Whoever wishes that hears so, and it goes on."""
    jobs = LongJobs(database)
    async with jobs.under_way(_IMPORT, None, "command") as progress:
        with pytest.raises(Conflict):
            await jobs.stop(progress.number)
        await progress.write_down(database)
    assert (await jobs.job(progress.number))["state"] == "done"


@pytest.mark.parametrize("kind", ["import", "command"])
async def test_what_was_killed_has_failed(database: Database, connection: Connection, kind: str) -> None:
    """Its batch has come to an end that is not its own, which is told once."""
    jobs = LongJobs(database)
    await write(database, "image.created", act=_IMPORT)
    await database.execute("add_long_job", 4711, kind, "in_hand", "{}", None, *_IMPORT.columns)
    await jobs.end_broken_off()
    await jobs.end_broken_off()
    assert (await jobs.job(4711))["state"] == "failed"
    [end] = await connection.fetch("select after, batch from change where kind = 'batch.finished'")
    assert (orjson.loads(end["after"])["complete"], end["batch"]) == (False, "b")
