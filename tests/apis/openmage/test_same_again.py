"""What a pipeline sends again every night: replacements have no end, and what is so already changes nothing."""

import base64
from typing import Any

import pytest

from tests.apis.openmage.shop import JPEG, PNG, Api
from tests.listening import listening
from tests.pictures import encoded, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATE = """
    select jsonb_build_object(
        'image', (select jsonb_agg(i order by i.id) from image i where product_id = $1),
        'stores', (select jsonb_agg(s order by s.store_view_id) from image_store s join image i on i.id = s.image_id
            where i.product_id = $1),
        'types', (select jsonb_agg(t order by t.type_code, t.store_view_id) from image_type_assignment t
            where product_id = $1),
        'paths', (select count(*) from file_path),
        'pictures', (select count(*) from picture),
        'jobs', (select count(*) from pgqueuer)
    )::text
"""
"""All that a change of a product's gallery can touch."""


def content(data: bytes, mime: str = "image/jpeg") -> dict[str, Any]:
    return {"file_content": base64.b64encode(data).decode(), "file_mime_type": mime}


def name_of(item: Any) -> str:
    return str(item["url"]).rpartition("/")[2]


async def test_an_image_is_replaced_for_ever(api: Api) -> None:
    """An image that gets new bytes without a name each night counts up in the series of its name, night after night."""
    images = await api.product()
    image = await api.create(images, JPEG, file_name="night", file_mime_type="image/jpeg")
    other = [content(encoded(picture(8, 6, seed=seed), "JPEG")) for seed in range(2)]
    for night in range(1, 131):
        answer = await api.put(f"{images}/{image}", file_content=other[night % 2]["file_content"])
        assert (answer.status, answer.body) == (200, b"")
    assert name_of(await api.get(f"{images}/{image}")) == "night_130.jpg"


async def test_a_number_of_the_clients_own_stays_in_the_name(api: Api) -> None:
    """A number that came with the client's name belongs to it: replacements count behind it."""
    images = await api.product()
    ids = [await api.create(images, JPEG, file_name=base, file_mime_type="image/jpeg") for base in ("own", "own_1")]
    for image in ids:
        await api.put(f"{images}/{image}", **content(encoded(picture(7, 5, seed=image), "JPEG")))
    assert [name_of(item) for item in await api.get(images)] == ["own_2.jpg", "own_1_1.jpg"]


async def test_a_client_that_sends_the_name_it_was_told_never_makes_it_longer(api: Api) -> None:
    """New bytes under the name that the URL shows stay in that name's series."""
    images = await api.product()
    image = await api.create(images, JPEG, file_name="told", file_mime_type="image/jpeg")
    for night in range(1, 6):
        reported = name_of(await api.get(f"{images}/{image}")).removesuffix(".jpg")
        await api.put(f"{images}/{image}", file_name=reported, **content(encoded(picture(9, 5, seed=night), "JPEG")))
    assert name_of(await api.get(f"{images}/{image}")) == "told_5.jpg"


async def test_the_default_name_has_a_series_too(api: Api) -> None:
    """An image that never had a name goes on with image_N."""
    images = await api.product()
    image = await api.create(images, JPEG, file_mime_type="image/jpeg")
    for seed in (31, 32):
        await api.put(f"{images}/{image}", **content(encoded(picture(9, 5, seed=seed), "JPEG")))
        name = name_of(await api.get(f"{images}/{image}"))
        assert name.startswith("image_")
        assert name.count("_") == 1


@pytest.mark.parametrize("length", [238, 239, 240, 250, 255, 256, 4000])
async def test_a_long_name_fits_a_file_system(api: Api, length: int) -> None:
    """A name of any length is taken, twice, and replaced: the whole of it fits 255 bytes."""
    images = await api.product()
    for _ in range(2):
        image = await api.create(images, JPEG, file_name="L" * length, file_mime_type="image/jpeg")
        await api.put(f"{images}/{image}", **content(encoded(picture(9, 5, seed=image), "JPEG")))
        name = name_of(await api.get(f"{images}/{image}"))
        assert len(name) <= 255
        assert name.startswith("L" * min(length, 239))


SAME: list[dict[str, Any]] = [
    {"label": "Front"},
    {"label": "Front", "file_name": "front"},
    {"file_name": "front.x/../front".rpartition("/")[2]},
    {"position": 4},
    {"position": "4", "exclude": "0"},
    {"exclude": False},
    {"types": ["image", "thumbnail"]},
    {"types": ["thumbnail", "image", "no such type"]},
    content(JPEG),
    content(JPEG, "image/png"),
    {"file_content": content(JPEG)["file_content"]},
    {"file_name": "front", **content(JPEG)},
    {"file_mime_type": "image/gif"},
    {
        "label": "Front",
        "position": 4,
        "exclude": 0,
        "types": ["image", "thumbnail"],
        "file_name": "front",
        **content(JPEG),
    },
]


@pytest.mark.parametrize("store", ["", "/store/german"])
@pytest.mark.parametrize("given", SAME, ids=lambda given: "+".join(given))
async def test_a_put_that_changes_nothing_changes_nothing(api: Api, given: dict[str, Any], store: str) -> None:
    """Neither path, URL, stamp, times nor jobs change where an image is told what it is; nobody is notified."""
    images = await api.product()
    await api.create(images, PNG, file_name="front")  # so that this one's name has a number
    front = {"label": "Front", "position": 4, "types": ["image", "thumbnail"], "file_name": "front"}
    image = await api.create(images, JPEG, **(front | {"file_mime_type": "image/jpeg"}))
    if store:
        await api.put(f"{images}/{image}{store}", label="Front", position=4, exclude=0, types=["image", "thumbnail"])
    product = int(images.split("/")[4])
    before, url = await api.sql(STATE, product), (await api.get(f"{images}/{image}"))["url"]
    async with listening(api.database.dsn) as ear:
        await ear.heard()
        for _ in range(2):
            answer = await api.put(f"{images}/{image}{store}", **given)
            assert (answer.status, answer.body) == (200, b"")
        assert await ear.heard() == []
    assert await api.sql(STATE, product) == before
    assert (await api.get(f"{images}/{image}"))["url"] == url


async def test_what_was_never_said_stays_unsaid(api: Api) -> None:
    """A label that another API never gave reads as empty here; written back so, it stays what it was."""
    images = await api.product()
    image = await api.create(images, JPEG)
    await api.sql("update image set label = null where id = $1", image)
    await api.put(f"{images}/{image}", label="")
    assert await api.sql("select label from image where id = $1", image) is None


async def test_other_bytes_and_other_names_still_count(api: Api) -> None:
    """New bytes move URL and stamp, the same bytes under another name only the URL."""
    images = await api.product()
    image = await api.create(images, JPEG, file_name="front", file_mime_type="image/jpeg")
    stamp = "select file_updated_at from image where id = $1"
    first = await api.sql(stamp, image)
    await api.put(f"{images}/{image}", file_name="rear", **content(JPEG))
    assert name_of(await api.get(f"{images}/{image}")).startswith("rear")
    assert await api.sql(stamp, image) == first
    await api.put(f"{images}/{image}", **content(PNG, "image/png"))
    assert name_of(await api.get(f"{images}/{image}")).startswith("rear")
    assert await api.sql(stamp, image) > first
