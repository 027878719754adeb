"""Many writers on one list at once."""

import asyncio
import random

import pytest

from tests.e2e.conftest import eventually

from .conftest import IMAGES, Serve, Shop, png

VARIANT = "/api/v1/variants/11/images"


async def test_fifty_writers_leave_a_list_without_duplicates_or_gaps(serve: Serve) -> None:
    """Fifty parallel creates and moves on one list end in the places 1 to n, each taken once."""
    shop = await serve(max_uploads=50)
    for _ in range(10):
        await shop.create()
    chance = random.Random(7)
    creates = [shop.create(png(20, 10), position=str(chance.randint(1, 10))) for _ in range(20)]
    moves = [
        shop.call("PUT", f"{IMAGES}/{chance.randint(1, 10)}", json={"position": chance.randint(1, 10)})
        for _ in range(30)
    ]
    changes = [*creates, *moves]
    chance.shuffle(changes)
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status for answer in answers) == [200] * 30 + [201] * 20
    assert sorted(place or 0 for place in (await shop.positions()).values()) == list(range(1, 31))


async def test_writers_that_move_images_to_and_fro_never_wait_for_each_other(shop: Shop) -> None:
    """Moves between two lists in both directions, replacements and deletions end, and both lists are dense."""
    for path in (IMAGES, VARIANT):
        for _ in range(6):
            await shop.create(path=path)
    there = [shop.call("PUT", f"{IMAGES}/{image}", json={"viewable_id": 11, "position": 1}) for image in range(1, 5)]
    back = [shop.call("PUT", f"{VARIANT}/{image}", json={"viewable_id": 1, "position": 1}) for image in range(7, 11)]
    gone = [shop.call("DELETE", f"{IMAGES}/5"), shop.call("DELETE", f"{VARIANT}/12")]
    answers = await asyncio.gather(*there, *back, *gone)
    assert {answer.status for answer in answers} == {200, 204}
    for path in (IMAGES, VARIANT):
        assert sorted(place or 0 for place in (await shop.positions(path)).values()) == [1, 2, 3, 4, 5]


async def test_the_last_of_two_images_with_one_path_takes_it_along(shop: Shop) -> None:
    """Who destroys an image while somebody else destroys the other one that came with its path withdraws the path."""
    await shop.create()
    await shop.connection.execute(
        "insert into image (product_id, picture_id, file_path) select 11, picture_id, file_path from image"
    )
    async with shop.connection.transaction():
        await shop.connection.execute("select from file_path for update")
        await shop.connection.execute("update image set deleted_at = now() where product_id = 11")
        destroying = asyncio.create_task(shop.call("DELETE", f"{IMAGES}/1"))
        await eventually(lambda: shop.connection.fetchval("select exists (select from pg_locks where not granted)"))
    assert (await destroying).status == 204
    assert await shop.connection.fetchval("select withdrawn_at from file_path") is not None


async def test_writers_that_wait_keep_no_reader_waiting(serve: Serve) -> None:
    """While more writers than there are connections wait for one product, others are read, and then they are told
    to try again."""
    shop = await serve(database_pool_size=3)
    await shop.create()
    async with shop.connection.transaction():
        await shop.connection.execute("select from product where id = 1 for update")
        writers = [asyncio.create_task(shop.call("PUT", f"{IMAGES}/1", json={"alt": "new"})) for _ in range(4)]
        await asyncio.wait(writers, timeout=0.2)
        async with asyncio.timeout(1):
            assert (await shop.call("GET", VARIANT)).status == 200
        done, _ = await asyncio.wait(writers, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop().result()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert {(await writer).status for writer in writers} == {200, 503}


@pytest.mark.parametrize("parallel", [8])
async def test_one_image_is_destroyed_once(shop: Shop, parallel: int) -> None:
    """Of several deletions of one image at once, one succeeds and the others find nothing."""
    await shop.create()
    answers = await asyncio.gather(*(shop.call("DELETE", f"{IMAGES}/1") for _ in range(parallel)))
    assert sorted(answer.status for answer in answers) == [204] + [404] * (parallel - 1)
