"""Clients that change one product at the same time."""

import asyncio
from collections import Counter
from typing import Final

import pytest

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import IMAGES, JPEG, PNG, Answer, Api, upload
from tests.pictures import encoded, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARALLEL: Final = 12
TYPES: Final = ["image", "small_image", "thumbnail"]


async def check_types(api: Api, images: str) -> None:
    """No type has two images in a scope."""
    for scope in ("", "/store/1", "/store/2", "/store/3"):
        held = Counter(code for item in await api.get(f"{images}{scope}") for code in item["types"])
        assert all(times == 1 for times in held.values())


async def test_row_q_parallel_uploads_all_succeed(api: Api) -> None:
    """Row Q: uploads at the same time all succeed, each with its own id, name and position."""
    images = await api.product()
    photos = [encoded(picture(20, 20, seed=seed), "PNG") for seed in range(PARALLEL - 2)] + [PNG, PNG]
    bodies = [upload(photo, file_name="parallel", types=TYPES) for photo in photos]
    answers = await asyncio.gather(*(api.post(images, body) for body in bodies))
    assert {answer.status for answer in answers} == {200}
    listed = await api.get(images)
    assert {int(item["id"]) for item in listed} == {answer.id for answer in answers}
    assert [int(item["position"]) for item in listed] == list(range(1, PARALLEL + 1))
    names = {item["url"].rpartition("/")[2] for item in listed}
    assert names == {"parallel.png"} | {f"parallel_{number}.png" for number in range(1, PARALLEL)}
    await check_types(api, images)
    assert sum(len(item["types"]) for item in listed) == len(TYPES)


async def test_default_names_do_not_collide_across_products(api: Api) -> None:
    """Uploads without a name, to many products at the same time, each get a path of their own."""
    galleries = [await api.product() for _ in range(PARALLEL)]
    ids = await asyncio.gather(*(api.create(images, JPEG, file_mime_type="image/gif") for images in galleries))
    urls = {(await api.get(f"{images}/{id_}"))["url"] for images, id_ in zip(galleries, ids, strict=True)}
    assert len(urls) == PARALLEL


async def test_types_and_positions_assigned_at_once_end_in_a_legal_state(api: Api) -> None:
    """Whatever clients assign at the same time, in whatever scope, a type has one image and each change is whole. Who
    waits for too long on a busy machine is told to come again, and does."""
    images = await api.product()
    ids = [await api.create(images) for _ in range(4)]

    async def put(path: str, number: int) -> Answer:
        while (answer := await api.put(path, types=TYPES, position=number, label=f"{number}")).status == 503:
            assert "Retry-After" in answer.headers
        return answer

    puts = [
        put(f"{images}/{image}{scope}", number) for number, image in enumerate(ids * 3) for scope in ("", "/store/2")
    ]
    answers = await asyncio.gather(*puts)
    assert {answer.status for answer in answers} == {200}
    await check_types(api, images)
    for scope in ("", "/store/2"):
        listed = await api.get(f"{images}{scope}")
        assert all(item["position"] == item["label"] for item in listed)
        assert [item["types"] for item in listed if item["types"]] == [TYPES]


async def test_changes_and_deletes_at_once_leave_nothing_behind(api: Api) -> None:
    """An image that some change, some replace and some delete is deleted once; nobody meets an internal error."""
    images = await api.product()
    image = await api.create(images, types=TYPES)
    url, content = f"{images}/{image}", upload(JPEG)["file_content"]
    changes = [
        *(api.put(url, types=TYPES) for _ in range(4)),
        *(api.put(url, file_content=content) for _ in range(4)),
        *(api.delete(url) for _ in range(4)),
    ]
    answers = await asyncio.gather(*changes)
    assert {answer.status for answer in answers} <= {200, 404}
    assert [answer.status for answer in answers[8:]].count(200) == 1
    assert await api.get(images) == []
    assert await api.sql("select count(*) from image_type_assignment where image_id = $1", image) == 0


async def test_a_store_loses_an_image_once(api: Api) -> None:
    """Of deletes in a store view at the same time, of an image that no scope uses, one finds it."""
    images = await api.product()
    image = await api.create(images)
    answers = await asyncio.gather(*(api.delete(f"{images}/{image}/store/2") for _ in range(PARALLEL)))
    assert Counter(answer.status for answer in answers) == {200: 1, 404: PARALLEL - 1}
    assert len(await api.get(images)) == 1
    assert await api.get(f"{images}/store/2") == []


async def test_one_file_name_wanted_at_once_is_given_once(api: Api) -> None:
    """Renames to the same name at the same time get names of their own, and every old URL goes on."""
    images = await api.product()
    ids = [await api.create(images) for _ in range(PARALLEL)]
    before = [item["url"] for item in await api.get(images)]
    answers = await asyncio.gather(*(api.put(f"{images}/{image}", file_name="wanted") for image in ids))
    assert {answer.status for answer in answers} == {200}
    after = [item["url"] for item in await api.get(images)]
    assert len({*before, *after}) == 2 * PARALLEL
    for url in (*before, *after):
        assert (await api.call("guest", "GET", url.removeprefix("http://magento"))).status == 200


@pytest.mark.asyncio(loop_scope="function")
async def test_uploads_beyond_the_bound_are_told_when_to_come_back(open_own: Open) -> None:
    """More uploads at once than there are places for get 503 in this dialect's words, or succeed; nothing else."""
    api = await open_own(max_uploads=2)
    answers = await asyncio.gather(*(api.post(IMAGES, upload()) for _ in range(PARALLEL)))
    assert {answer.status for answer in answers} <= {200, 503}
    for answer in answers:
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["messages"]["error"][0]["message"] == "Service temporarily unavailable."
    assert len(await api.get(IMAGES)) == [answer.status for answer in answers].count(200)
