"""A request's transactions are one, which is committed with its answer."""

import asyncio

import pytest

from app.db.connections.connect import Connection
from app.db.errors import TransactionConflict
from app.db.pool import Database, Transaction
from app.db.unit import Unit, once_ended

_COUNT = "select count(*) from website"


async def opened(_: Transaction) -> None:
    """Nobody refuses."""


async def insert(database: Database, code: str, *, apart: bool = False) -> None:
    async with database.transaction(apart=apart) as tx:
        await tx.connection.execute("insert into website (code) values ($1)", code)


async def seen(database: Database) -> int:
    """Websites, as the task itself sees them through the pool."""
    async with database._connected() as connection:
        return int(await connection.fetchval(_COUNT))


async def test_all_transactions_of_a_task_are_one(database: Database, connection: Connection) -> None:
    """What is asked in between sees what was done, others once it is committed; only then caches are told."""
    reported: list[str] = []
    unit = Unit(opened)
    with unit.bound():
        once_ended(lambda: reported.append("before"))
        await insert(database, "a")
        await insert(database, "b")
        once_ended(lambda: reported.append("after"))
        assert await seen(database) == 2
        assert await connection.fetchval(_COUNT) == 0
        assert reported == ["before"]
        await unit.commit()
        assert reported == ["before", "after"]
        assert await connection.fetchval(_COUNT) == 2
        await unit.roll_back()
        assert await seen(database) == 2


async def test_a_transaction_may_stand_apart(database: Database, connection: Connection) -> None:
    """And those of tasks that the task begins do."""
    unit = Unit(opened)
    with unit.bound():
        await insert(database, "a")
        await insert(database, "b", apart=True)
        await asyncio.create_task(insert(database, "c"))
        await unit.roll_back()
    assert [row["code"] for row in await connection.fetch("select code from website order by code")] == ["b", "c"]


async def test_a_lock_is_held_until_the_unit_ends(database: Database) -> None:
    """Whichever of its transactions asks for it."""
    unit = Unit(opened)
    with unit.bound():
        for lock in (1, 2):
            async with database.transaction(holding=lock):
                pass
        for lock in (1, 2):
            with pytest.raises(TransactionConflict):
                async with database.transaction(lock_seconds=0.1, apart=True, holding=lock):
                    pass
        await unit.roll_back()
    async with database.transaction(lock_seconds=0.1, holding=1):
        pass


async def test_a_mistake_undoes_its_own_part(database: Database, connection: Connection) -> None:
    """Whoever catches it goes on with what was done before, as without a unit: nothing that was told is taken back."""
    reported: list[str] = []
    unit = Unit(opened)
    with unit.bound():
        await insert(database, "a")
        once_ended(lambda: reported.append("after"))
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                await insert(database, "lost")
                raise ZeroDivisionError
        assert reported == []
        await insert(database, "b")
        await unit.commit()
    assert reported == ["after"]
    assert await connection.fetchval("select array_agg(code order by code) from website") == ["a", "b"]


async def test_who_is_refused_has_done_nothing(database: Database, connection: Connection) -> None:
    """The refusal comes before anything is done in the transaction."""

    async def refuse(_: Transaction) -> None:
        raise ZeroDivisionError

    unit = Unit(refuse)
    with unit.bound(), pytest.raises(ZeroDivisionError):
        await insert(database, "a")
    await unit.commit()
    assert await connection.fetchval(_COUNT) == 0
