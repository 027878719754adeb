"""What a pipeline sends again every night changes nothing."""

import asyncio
from typing import Any

import pytest

from tests.listening import listening
from tests.telemetry.test_scrape import figure

from .conftest import IMAGES, Answer, Shop, form, picture, png

MEMBER = f"{IMAGES}/2"
CAT = picture(64, 48, "JPEG")
STATE = """
    select jsonb_build_object(
        'images', (select jsonb_agg(i order by i.id) from image i),
        'paths', (select jsonb_agg(p order by p.path) from file_path p),
        'pictures', (select count(*) from picture),
        'jobs', (select count(*) from pgqueuer)
    )::text
"""
"""All that a change of an image can touch."""


async def send(shop: Shop, given: dict[str, Any]) -> Answer:
    """As a form where a file goes along, else as JSON."""
    if "file" in given:
        fields = {name: str(value) for name, value in given.items() if name != "file"}
        return await shop.call("PUT", MEMBER, data=form(CAT, given["file"], **fields))
    return await shop.call("PUT", MEMBER, json={"image": given})


async def misses(shop: Shop) -> float | None:
    """How many documents were not ready when they were asked for."""
    figures = (await shop.call("GET", "/metrics", key=None)).body.decode()
    return figure(figures, "cache_misses_total", cache="documents")


async def ready(shop: Shop) -> Answer:
    """The list, once it comes from memory: what the service hears of its making drops it until then."""
    async with asyncio.timeout(20):
        while True:
            before = await misses(shop)
            listed = await shop.call("GET", IMAGES)
            if await misses(shop) == before:
                return listed
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "given",
    [
        {"alt": "Cat"},
        {"position": 2},
        {"position": "2", "alt": "Cat"},
        {"viewable_id": 10, "viewable_type": "Spree::Variant", "position": 2},
        {"file": "my cat.jpg"},
        {"file": "my%20cat.jpg", "alt": "Cat", "position": 2},
        {"attachment": ""},
    ],
    ids=lambda given: "+".join(given),
)
async def test_a_put_that_changes_nothing_changes_nothing(shop: Shop, dsn: str, given: dict[str, Any]) -> None:
    """Where an image is told what it is, URLs, stamp, paths, times and jobs stay, nobody is notified, and the list
    stays ready in memory."""
    await shop.create(png())
    created = await shop.create(CAT, "my cat.jpg", alt="Cat")
    if "viewable_id" in given:
        given = given | {"viewable_id": created.json["viewable_id"]}
    before = await shop.connection.fetchval(STATE)
    async with listening(dsn) as ear:
        await ear.heard()
        listed, read = await ready(shop), await misses(shop)
        for _ in range(2):
            answer = await send(shop, given)
            assert (answer.status, answer.json) == (200, created.json)
        assert (await shop.call("GET", IMAGES)).body == listed.body
        assert await misses(shop) == read  # asked before the ear makes the service forget everything
        assert await ear.heard() == []
    assert await shop.connection.fetchval(STATE) == before
    assert (await shop.call("GET", created.json["mini_url"])).status == 200


@pytest.mark.parametrize("position", [0, 7])
async def test_a_position_of_anothers_making_stays(shop: Shop, position: int) -> None:
    """A position that is none of a list's own, told as it is, moves nobody."""
    await shop.create(png())
    await shop.create(png())
    await shop.connection.execute("update image set position = $1 where id = 2", position)
    answer = await shop.call("PUT", MEMBER, json={"image": {"position": position}})
    assert answer.json["position"] == position
    assert await shop.positions() == {1: 1, 2: position}


async def test_the_same_bytes_under_another_name_count(shop: Shop) -> None:
    """The same bytes under another name, and other bytes under the same name, are a replacement."""
    await shop.create(png())
    created = await shop.create(CAT, "cat.jpg")
    renamed = await shop.call("PUT", MEMBER, data=form(CAT, "tom.jpg"))
    assert renamed.json["attachment_file_name"] == "tom.jpg"
    assert renamed.json["attachment_updated_at"] > created.json["attachment_updated_at"]
    replaced = await shop.call("PUT", MEMBER, data=form(picture(65, 48, "JPEG"), "tom.jpg"))
    assert replaced.json["attachment_updated_at"] > renamed.json["attachment_updated_at"]
