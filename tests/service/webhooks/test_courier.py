"""The runner at work: one process delivers to a webhook, and the next one goes on where it ended."""

import asyncio

import pytest

from app.background import in_background
from app.events import nobody
from app.service.webhooks.courier import Courier
from app.service.webhooks.deliveries import Deliveries
from app.service.webhooks.queueing import HeldByAnother
from app.wiring.webhooks import presented
from tests.e2e.conftest import eventually
from tests.service.webhooks.conftest import Post, Receiver


def courier(post: Post) -> Courier:
    desk = post.desk
    return Courier(post.settings, post.database, desk.box, post.reader, presented(post.settings), nobody)


@pytest.mark.timeout(120)
async def test_processes_take_turns_with_a_webhook(post: Post, receiver: Receiver) -> None:
    """Of two at once one delivers; when it ends the other one goes on, with what has happened meanwhile."""
    await post.hook(receiver, types=("product.*",))
    await post.database.execute("release_webhooks", post.desk.holder)

    async def has(count: int) -> bool:
        await asyncio.sleep(0)
        return len(set(receiver.ids)) >= count

    first, second = courier(post), courier(post)
    async with in_background("second", second.run, nobody):
        async with in_background("first", first.run, nobody):
            await post.happen(3)
            await eventually(lambda: has(3))
        await post.happen(4)
        await eventually(lambda: has(7))
    assert len(set(receiver.ids)) == 7


@pytest.mark.timeout(120)
async def test_one_that_is_disabled_while_it_is_read_is_told_again_later(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same process, once it is enabled."""
    await post.hook(receiver, types=("product.*",))
    await post.database.execute("release_webhooks", post.desk.holder)
    lost = asyncio.Event()
    step = Deliveries.step

    async def lost_once(one: Deliveries, settled: int) -> bool:
        if not lost.is_set():
            lost.set()
            raise HeldByAnother
        return await step(one, settled)

    async def has_come() -> bool:
        return bool(receiver.ids)

    monkeypatch.setattr(Deliveries, "step", lost_once)
    async with in_background("courier", courier(post).run, nobody):
        await lost.wait()
        await post.happen()
        await eventually(has_come)
