"""Pictures on their way in go before pictures on their way out."""

import asyncio

from app.raster.child.turns import Turn, Turns


async def _in_line(turns: Turns, wishes: list[Turn]) -> tuple[list[int], list[asyncio.Event], list[asyncio.Task[None]]]:
    """Everybody asks in this order; who has come so far, what lets each go, and the tasks."""
    order: list[int] = []
    gates = [asyncio.Event() for _ in wishes]

    async def work(number: int, turn: Turn) -> None:
        async with turns.take(turn):
            order.append(number)
            await gates[number].wait()

    tasks = [asyncio.create_task(work(number, turn)) for number, turn in enumerate(wishes)]
    await _settled()
    return order, gates, tasks


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_upload_never_waits_for_renditions() -> None:
    """With every builder at work and many in line, an upload has its turn at once."""
    turns = Turns(2)
    order, gates, tasks = await _in_line(turns, ["further", "build", "build", "further", "further", "inspect"])
    assert order == [0, 1, 5]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)


async def test_renditions_never_wait_for_further_formats() -> None:
    """Of several builders one is left to the sources' own formats; of one, these go first."""
    order, gates, tasks = await _in_line(Turns(2), ["further", "further", "further", "build"])
    assert order == [0, 3]
    gates[3].set()
    await _settled()
    assert order == [0, 3]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)
    order, gates, tasks = await _in_line(Turns(1), ["further", "further", "build", "inspect"])
    assert order == [0, 3]
    gates[0].set()
    await _settled()
    assert order == [0, 3, 2]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)


async def test_uploads_may_use_what_is_free() -> None:
    """Where nothing is built, uploads have all children."""
    order, gates, tasks = await _in_line(Turns(2), ["inspect", "inspect", "inspect", "inspect", "build"])
    assert order == [0, 1, 2]
    gates[0].set()
    await _settled()
    assert order == [0, 1, 2, 3]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_who_leaves_the_line_takes_nothing_along() -> None:
    """Whoever is cancelled while he waits, or in the moment of his turn, leaves it to the next."""
    turns = Turns(1)
    order, gates, tasks = await _in_line(turns, ["build", "build", "build"])
    tasks[1].cancel()
    gates[0].set()
    await asyncio.wait([tasks[0]])
    await _settled()
    assert order == [0, 2]
    gates[2].set()
    await asyncio.gather(*tasks, return_exceptions=True)
    order, gates, tasks = await _in_line(turns, ["build", "build", "build"])
    gates[0].set()
    await tasks[0]
    tasks[1].cancel()  # called, and not yet awake
    await _settled()
    gates[1].set()
    gates[2].set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order[-1] == 2
    assert turns.taken == 0


async def test_what_takes_long_leaves_a_builder_to_readers() -> None:
    """Of several builders one is left to who waits; where there is one alone, who waits goes first."""
    order, gates, tasks = await _in_line(Turns(2), ["long", "long", "further", "build", "build"])
    assert order == [0, 3]
    gates[3].set()
    await _settled()
    assert order == [0, 3, 4]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)
    order, gates, tasks = await _in_line(Turns(1), ["build", "long", "build"])
    gates[0].set()
    await _settled()
    assert order == [0, 2]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)
