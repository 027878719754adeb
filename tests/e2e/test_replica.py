"""Documents read from a replica, by streaming replication of two Postgres: never older than what was heard of, whatever
becomes of the replica."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from app.db.connections.connect import Connection, answers
from app.db.migrate import migrate
from app.db.pool import Database
from app.db.replica.looking import looked_at
from app.db.replica.positions import Positions
from app.db.replica.replica import Replica, ReplicaBusy
from app.db.replica.standing import Line, NoReplica
from app.embedded.cluster import Cluster
from app.events import nobody
from app.service.galleries.openmage.reader import ProductRef, Scope
from app.wiring.parts import Parts
from tests.conftest import FAST
from tests.e2e.conftest import Commands, Serve, Shop, eventually
from tests.e2e.test_staleness import IMAGES, SPREE, upload
from tests.lengths import by_length
from tests.parts_of import process
from tests.replication import REPLICATED, replica_of
from tests.telemetry.test_scrape import figure

pytestmark = pytest.mark.timeout(900)

SETS: Final = "/abstract-products/dress/abstract-product-image-sets"
_NOTHING_KEPT: Final = 1  # byte of memory for documents: each read is a miss


class Pair:
    """A primary, its replica, and an operator's connection to each."""

    def __init__(self, primary: Cluster, replica: Cluster, folder: Path) -> None:
        self.primary = primary
        self.replica = replica
        self.folder = folder

    async def on_replica(self, statement: str) -> None:
        connection = await asyncpg.connect(self.replica.dsn)
        await connection.execute(statement)
        await connection.close()


@pytest.fixture(name="pair")
async def _pair(data_dir: Path) -> AsyncIterator[Pair]:
    primary = Cluster(data_dir, FAST | REPLICATED)
    await primary.start()
    await migrate(primary.dsn)
    replica = await replica_of(primary, str(primary._socket_folder), data_dir / "replica", FAST | REPLICATED)
    await replica.start()
    yield Pair(primary, replica, data_dir)
    await replica.stop()
    await primary.stop()


@pytest.fixture(name="operator")
async def _operator(pair: Pair) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(pair.primary.dsn)
    yield connection
    await connection.close()


@pytest.fixture(name="shop")
async def _shop(pair: Pair, serve: Serve) -> AsyncIterator[Shop]:
    """One image, and a service that keeps no documents."""
    async with Database(pair.primary.dsn) as database:
        shop = await serve(
            database=database,
            database_read_url=pair.replica.dsn,
            document_cache_bytes=_NOTHING_KEPT,
            run_worker=False,
        )
        await upload(shop)
        await eventually(lambda: _reads_there(shop))
        yield shop


async def outcomes(shop: Shop, outcome: str) -> float:
    text = (await shop.get("/metrics")).body.decode()
    return figure(text, "replica_reads_total", outcome=outcome) or 0


async def _reads_there(shop: Shop) -> bool:
    before = await outcomes(shop, "read")
    await labels(shop)
    return await outcomes(shop, "read") > before


async def labels(shop: Shop) -> list[int]:
    """The label that the image has in each API, a number."""
    openmage = (await shop.get(IMAGES, Accept="application/json")).json()[0]["label"]
    spree = (await shop.get(SPREE, X_Spree_Token=shop.api_key)).json()["images"][0]["alt"]
    media = (await shop.get("/v1/media?sku=dress")).json()["products"][0]["images"][0]["alt"]
    return [int(label or 0) for label in (openmage, spree, media)]


async def write(shop: Shop, label: int) -> None:
    [image] = (await shop.get(IMAGES, Accept="application/json")).json()
    told = json.dumps({"label": str(label)}).encode()
    headers = {"Content-Type": "application/json"}
    answer = await shop.signed("PUT", f"{IMAGES}/{image['id']}", data=told, headers=headers)
    assert answer.status == 200


async def test_reads_are_never_older_than_what_was_heard_of(pair: Pair, shop: Shop, operator: Connection) -> None:
    """Through any turns of writing here, writing elsewhere, pausing and going on: what was written here is seen at
    once, what was seen is never unsaid, and what was written elsewhere is seen soon, though the replica pauses."""
    turns = random.Random(22)
    written = seen = 0
    for _ in range(by_length(40, 400)):
        turn = turns.choice(("here", "elsewhere", "pause", "go on", "read", "read"))
        match turn:
            case "here":
                written = seen = written + 1
                await write(shop, written)
            case "elsewhere":
                written += 1
                await operator.execute("update image set label = $1 where deleted_at is null", str(written))
            case "pause":
                await pair.on_replica("select pg_wal_replay_pause()")
            case "go on":
                await pair.on_replica("select pg_wal_replay_resume()")
        shown = await labels(shop)
        assert all(seen <= label <= written for label in shown), (turn, seen, written, shown)
        seen = max(seen, *shown)
        if turn == "elsewhere":
            await eventually(lambda written=written: _shows(shop, written))
            seen = written
    await pair.on_replica("select pg_wal_replay_resume()")
    await eventually(lambda: _reads_there(shop))
    assert await outcomes(shop, "read")
    assert await outcomes(shop, "behind")


async def _shows(shop: Shop, label: int) -> bool:
    return await labels(shop) == [label] * 3


async def test_what_changed_before_the_start_is_seen_though_the_replica_pauses(
    pair: Pair, shop: Shop, operator: Connection, tmp_path: Path
) -> None:
    """A process that has heard of nothing yet reads what the primary held when it began to listen."""
    await pair.on_replica("select pg_wal_replay_pause()")
    await operator.execute("update image set label = '7'")
    async with (
        process(pair.primary.dsn, tmp_path, database_read_url=pair.replica.dsn) as parts,
        parts.listening(),
    ):
        await eventually(lambda: _finds_it_behind(parts))
        assert parts.listener.hearing.current


async def _finds_it_behind(parts: Parts) -> bool:
    """Whether the replica was asked, and had not come far enough; what is read is right before and then, too."""
    gallery = await parts.catalogue.gallery_reader.read(ProductRef("dress", None), Scope(None, public=False))
    assert [image.label for image in gallery.images] == ["7"]
    text = (await parts.telemetry.scrape.text()).decode()
    return bool(figure(text, "replica_reads_total", outcome="behind"))


async def test_a_log_that_goes_on_in_a_new_file_keeps_no_replica_waiting(pair: Pair, operator: Connection) -> None:
    """Nothing is written after it, so the replica never comes behind the header of that file."""
    async with Database(pair.primary.dsn) as primary, Replica(pair.replica.dsn, size=1, observe=nobody) as replica:
        await operator.execute("checkpoint")
        await operator.execute("create table written_meanwhile ()")
        await operator.execute("select pg_switch_wal()")
        positions = Positions(primary)
        await positions.ask()
        line, floor = positions.line, positions.floor
        assert line is not None
        assert floor is not None
        await eventually(lambda: _has_come_to(replica, line, floor), seconds=8)  # soon the server writes of itself


async def _has_come_to(replica: Replica, line: Line, floor: int) -> bool:
    return await replica.read("clock", (), line, floor, floor) is not None


async def test_another_database_of_the_same_cluster_is_passed_over(
    pair: Pair, shop: Shop, operator: Connection, commands: Commands
) -> None:
    """It has the log of the right one, and other products: no read, no look and no doctor takes it."""
    await operator.execute("create database elsewhere")
    elsewhere = pair.replica.dsn.replace("/postgres?", "/elsewhere?")
    assert elsewhere != pair.replica.dsn
    positions = Positions(shop.database)
    await positions.ask()
    assert positions.line is not None
    await eventually(lambda: answers(elsewhere))
    async with Replica(elsewhere, size=1, observe=nobody) as replica:
        with pytest.raises(NoReplica, match="another database"):
            await replica.ask(positions.line)
        with pytest.raises(NoReplica, match="another database"):
            await replica.read("clock", (), positions.line, 0, 0)
    told = await commands(shop, DATABASE_READ_URL=elsewhere).run("doctor")
    assert (told.code, "leads to another database than DATABASE_URL" in told.out) == (1, True), told.out


async def test_a_replica_whose_connections_are_all_in_use_is_busy(pair: Pair, shop: Shop) -> None:
    """Whoever waited for one in vain learns nothing of the replica; one that does not answer is away."""
    positions = Positions(shop.database)
    await positions.ask()
    line = positions.line
    assert line is not None
    async with Replica(pair.replica.dsn, size=1, observe=nobody) as replica:
        async with replica._leased() as taken:
            with pytest.raises(ReplicaBusy):
                await replica.ask(line)
            with pytest.raises(ReplicaBusy):
                await replica.read("clock", (), line, 0, 0)
            assert await taken.fetchval("select 1") == 1
        assert await replica.ask(line)


async def test_whatever_becomes_of_the_replica_the_primary_answers(pair: Pair, shop: Shop, commands: Commands) -> None:
    """Gone, back again, promoted and written to, and on another timeline: clients hear nothing of it, doctor tells."""
    await write(shop, 1)
    await pair.replica.stop()
    for _ in range(3):
        assert await labels(shop) == [1] * 3
    await eventually(lambda: _is_away(shop))
    told = await commands(shop, DATABASE_READ_URL=pair.replica.dsn).run("doctor")
    assert (told.code, "WRONG  replica" in told.out) == (1, True), told.out

    await pair.replica.start()
    await eventually(lambda: _reads_there(shop))
    assert "bytes behind" in await looked_at(pair.replica.dsn, shop.database)

    await pair.on_replica("select pg_promote()")
    await eventually(lambda: _is_away(shop))
    await pair.on_replica("update image set label = '666'")
    await _stays_with_the_primary(shop)
    with pytest.raises(NoReplica, match="leads to no replica"):
        await looked_at(pair.replica.dsn, shop.database)

    await pair.replica.stop()
    _follow_again(pair.replica)
    await pair.replica.start()
    await _stays_with_the_primary(shop)
    with pytest.raises(NoReplica, match="on timeline 2, while DATABASE_URL's primary is on 1"):
        await looked_at(pair.replica.dsn, shop.database)


async def test_a_replica_of_something_else_is_passed_over(pair: Pair, shop: Shop, cluster: Cluster) -> None:
    """A server that replicates nothing, or another cluster, is named as what it is."""
    with pytest.raises(NoReplica, match="leads to no replica"):
        await looked_at(pair.primary.dsn, shop.database)
    async with Database(cluster.dsn) as elsewhere:
        with pytest.raises(NoReplica, match="a replica of another cluster"):
            await looked_at(pair.replica.dsn, elsewhere)
    await pair.on_replica("select pg_wal_replay_pause()")
    with pytest.raises(NoReplica, match="does not replay"):
        await looked_at(pair.replica.dsn, shop.database)


async def _is_away(shop: Shop) -> bool:
    before = await outcomes(shop, "away")
    await labels(shop)
    return await outcomes(shop, "away") > before


async def _stays_with_the_primary(shop: Shop) -> None:
    """For longer than it takes to look for a replica once more."""
    before = await outcomes(shop, "read")
    for _ in range(25):
        assert await labels(shop) == [1] * 3
        await asyncio.sleep(0.1)
    assert await outcomes(shop, "read") == before


def _follow_again(replica: Cluster) -> None:
    runnable = replica._runnable
    assert runnable is not None
    (replica.folder / "standby.signal").touch()
    runnable.identity.take_over(replica.folder / "standby.signal")
