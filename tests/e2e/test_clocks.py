"""Clocks that differ: nothing is swept by a process's own, and who can be told of it is told."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from datetime import timedelta
from typing import Final

import pytest

from app.db.connections.connect import Connection
from app.events import CheckFailed, Event
from app.service.upkeep.clocks import ClockWatch, Skew
from app.service.upkeep.sweeps import Housekeeping
from app.store import FileStore
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_broken_sweeps import asked
from tests.e2e.test_crashes import environment
from tests.e2e.test_housekeeping import MONTH, destroy, keeping, upload
from tests.e2e.test_observability import figure
from tests.pictures import encoded, picture
from tests.processes import ROOT
from tests.programs import needs

DATA: Final = encoded(picture(60, 40))
SIZE: Final = len(DATA)


async def shifted(shop: Shop, by: str, *words: str) -> tuple[int | None, str]:
    """A command in a process whose clock is wrong: (exit code, what it said)."""
    place = environment(shop.database.dsn, shop.settings.data_dir)
    environ = os.environ | {name: str(value) for name, value in place.items()}
    command = ("faketime", "-f", by, sys.executable, "-m", "app", *words)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE, env=environ)
    out, err = await process.communicate()
    return process.returncode, (out + err).decode()


async def unused_for(shop: Shop, age: str) -> None:
    """Leaves bytes that nothing refers to, put so long ago; what showed them is beyond restoring."""
    await destroy(shop, await upload(shop, DATA))
    await asked(shop, "delete from pgqueuer")
    for table, column in (("blob", "created_at"), ("blob_claim", "claimed_at")):
        await asked(shop, f"update {table} set {column} = {column} - interval '{age}'")
    for table, column in (("file_path", "withdrawn_at"), ("change", "at")):
        await asked(shop, f"update {table} set {column} = {column} - interval '{MONTH.days} days 1 hour'")


@needs("faketime")
async def test_a_sweep_goes_by_the_database_s_clock(serve: Serve) -> None:
    """A process whose clock is late sweeps what is old enough for the database, though it is too young for itself."""
    shop = await serve(run_worker=False)
    await unused_for(shop, "1 hour 10 seconds")
    assert await shifted(shop, "-50s", "blobs", "sweep", "--older-than", "1h") == (
        0,
        f"1 originals ({SIZE} bytes) went.\n",
    )


@needs("faketime")
@pytest.mark.parametrize("by", ["+2h", "-2h"])
async def test_nothing_is_swept_where_clocks_differ(serve: Serve, connection: Connection, by: str) -> None:
    """A process whose clock is wrong by more than a minute says so and sweeps neither originals nor renditions."""
    shop = await serve(run_worker=False)
    await unused_for(shop, "30 minutes")
    for sweep in ("blobs", "renditions"):
        code, given = await shifted(shop, by, sweep, "sweep", "--older-than", "1h")
        assert code == 1
        assert "Nothing was swept: the database's clock is " in given
    assert await connection.fetchval("select count(*) from blob") == 1


@needs("faketime")
async def test_doctor_tells_of_clocks_that_differ(serve: Serve) -> None:
    """`doctor` in a process whose clock is wrong names all three clocks, and the remedy."""
    shop = await serve(run_worker=False)
    code, given = await shifted(shop, "+20s", "doctor")
    assert code == 1
    assert "WRONG  clock     The database's clock is -" in given
    assert "seconds from this machine's." in given
    assert "Let all machines follow a time server (NTP)." in given


async def test_metrics_tell_how_far_clocks_are_apart(serve: Serve) -> None:
    """Both clocks have a figure."""
    shop = await serve(run_worker=False)

    async def reported(clock: str) -> float | None:
        return figure((await shop.get("/metrics")).body.decode(), "clock_skew_seconds", clock=clock)

    async def are_reported() -> bool:
        return None not in [await reported("database"), await reported("store")]

    await eventually(are_reported)
    for clock in ("database", "store"):
        assert abs(await reported(clock) or 0) < 5


class Ahead(FileStore):
    """A store whose clock is wrong by an hour."""

    def _clock(self):
        return super()._clock() + timedelta(hours=1)


async def test_a_store_whose_clock_is_wrong_stops_sweeps(serve: Serve) -> None:
    """Whichever of the three it is: nothing is swept, and the watch tells."""
    shop = await serve(run_worker=False)
    reported: list[Event] = []
    async with keeping(shop) as parts, Ahead(shop.settings.data_dir / "objects") as store:
        with pytest.raises(Exception, match=r"the store's \+3600\.\d seconds"):
            [blob async for blob in Housekeeping(parts.storage.database, store, MONTH).sweep(timedelta(hours=1))]
        watch = ClockWatch(parts.storage.database, store, reported.append)
        await watch.look()
        assert round(watch.figures()["store"]) == 3600
    assert [event.name for event in reported if isinstance(event, CheckFailed)] == ["clock"]


@pytest.mark.parametrize(("database", "store", "most"), [(1, 2, 2), (-1, -2, 2), (-30, 31, 61), (0, 0, 0)])
def test_what_counts_is_the_widest_gap(database: float, store: float, most: float) -> None:
    """Between any two of the process, the database and the store."""
    assert Skew(database, store).most == most
