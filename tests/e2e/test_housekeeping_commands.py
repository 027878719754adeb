"""Keeping house from the command line, beside a running service."""

import hashlib
import json
import re

import pytest
from yarl import URL

from app.errors import StoreUnavailable
from app.service.pictures.filing import UPLOAD_PRIORITY
from app.store import blob_key
from tests.e2e.conftest import Commands, Serve, Shop, eventually
from tests.e2e.test_formats import SETS, asked
from tests.e2e.test_housekeeping import IMAGES, JSON, age, destroy, upload
from tests.e2e.test_main_job import body, has_renditions
from tests.pictures import encoded, picture


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def recorded(shop: Shop, kind: str) -> list[str]:
    """The ways by which the log says that this has happened."""
    return [row["via"] for row in await asked(shop, f"select via from change where kind = '{kind}'")]


async def test_unused_originals_are_swept_after_a_week(serve: Serve, commands: Commands) -> None:
    """`blobs sweep` removes what nothing refers to for a week or the time given; a dry run says it and removes none."""
    shop = await serve()
    cli, data = commands(shop), encoded(picture(60, 40))
    image = await upload(shop, data)
    await eventually(lambda: has_renditions(shop, data))
    await destroy(shop, image)
    nothing, one = {"blobs": 0, "bytes": 0}, {"blobs": 1, "bytes": len(data)}

    await age(shop, days=6)
    assert await cli("blobs", "sweep") == nothing
    await age(shop, days=2)
    assert await cli("blobs", "sweep", "--older-than", "9d") == nothing
    assert await cli("blobs", "sweep", "--dry-run") == one
    assert (await cli.run("blobs", "sweep")).out == f"1 originals ({len(data)} bytes) went.\n"
    assert await cli("blobs", "sweep") == nothing
    assert await recorded(shop, "picture.swept") == ["command"]
    assert not (shop.settings.data_dir / "objects" / blob_key(digest(data))).exists()


async def test_damage_is_named_and_ends_with_1(serve: Serve, commands: Commands) -> None:
    """`blobs verify` reads all objects; with one of them damaged and one missing it names both and exits with 1."""
    shop = await serve()
    cli, photos = commands(shop), [encoded(picture(60, 40, seed=seed)) for seed in range(2)]
    for data in photos:
        await upload(shop, data)
        await eventually(lambda data=data: has_renditions(shop, data))
    objects = 2 * (1 + 1 + len(shop.settings.recipes))
    assert await cli("blobs", "verify") == {"checked": objects, "damages": []}

    missing, damaged = (blob_key(digest(data)) for data in photos)
    folder = shop.settings.data_dir / "objects"
    (folder / missing).unlink()
    (folder / damaged).chmod(0o600)
    (folder / damaged).write_bytes(photos[1][:-1])
    output = await cli.run("blobs", "verify")
    assert (output.code, output.out) == (1, f"{objects} objects read, 2 are not whole.\n")
    assert {f"missing: {missing}", f"damaged: {damaged}"} <= set(output.err.splitlines())


async def test_a_changed_recipe_is_planned_built_and_swept(serve: Serve, commands: Commands) -> None:
    """`renditions plan` reckons renditions, seconds and bytes; `build` enqueues each original once, however often it
    is called, behind all uploads; `sweep` removes what the former recipe left."""
    shop = await serve(run_worker=False)
    cli, photos = commands(shop, RECIPE_SMALL="150"), [encoded(picture(400, 300, seed=seed)) for seed in range(2)]
    images = [await upload(shop, data) for data in photos]
    small = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"][0]["images"][0]
    old = await shop.get(URL(small["externalUrlSmall"]).raw_path)
    await asked(shop, "delete from pgqueuer")

    plan = await cli("renditions", "plan")
    assert (plan["blobs"], plan["renditions"]) == (2, 2 * (1 + len(shop.settings.recipes)))
    assert plan["seconds"] > 0
    assert plan["size"] > sum(len(data) for data in photos)
    assert "14 renditions of 2 originals are missing" in (await cli.run("renditions", "plan")).out
    assert await asked(shop, "select from pgqueuer") == []
    for _ in range(2):
        assert await cli("renditions", "build") == {"enqueued": 2}
    priorities = [row["priority"] for row in await asked(shop, "select priority from pgqueuer")]
    assert len(priorities) == 2
    assert max(priorities) < UPLOAD_PRIORITY

    await asked(shop, "delete from pgqueuer")
    for image in images:
        await destroy(shop, image)
    await age(shop, days=20)
    assert await cli("renditions", "sweep") == {"renditions": 0, "bytes": 0}
    gone = {"renditions": 1, "bytes": len(old.body)}
    assert await cli("renditions", "sweep", "--older-than", "19d", "--dry-run") == gone
    assert await recorded(shop, "recipe.swept") == []
    assert await cli("renditions", "sweep", "--older-than", "19d") == gone
    assert await recorded(shop, "recipe.swept") == ["command"]


@pytest.mark.parametrize("by", ["id", "hash"])
async def test_a_picture_is_purged_and_let_back_in(serve: Serve, commands: Commands, by: str) -> None:
    """`image purge` takes an image's id or the SHA-256, bars the bytes until `--lift`, and refuses what is neither."""
    shop = await serve(run_worker=False)
    cli, data = commands(shop), encoded(picture(60, 40))
    image = await upload(shop, data)
    word = image if by == "id" else digest(data).upper()

    purged = await cli("image", "purge", word)
    assert (purged["hash"], purged["images"]) == (digest(data), 1)
    assert (await shop.signed("POST", IMAGES, data=body(data), headers=JSON)).status == 400
    assert await cli("image", "purge", digest(data), "--lift") == {"hash": digest(data), "lifted": True}
    await upload(shop, data)
    for nonsense in ("77777", "mug", "z" * 64):
        assert await cli.fails("image", "purge", nonsense) == f"{nonsense} names no image with a file of its own."


async def documents(shop: Shop) -> list[str]:
    """Every URL of an image's file that a document of any API gives out now."""
    key = {"X-Spree-Token": shop.api_key}
    images = (await shop.signed("GET", IMAGES)).json()
    [first] = (await shop.get(SETS, Accept="*/*")).json()["data"]
    glue = [image for one in first["attributes"]["imageSets"] for image in one["images"]]
    spree = (await shop.call("GET", "/api/v1/products/a-dress/images", headers=key)).json()["images"]
    return [
        *(image["url"] for image in images),
        *(image[size] for image in glue for size in ("externalUrlLarge", "externalUrlSmall")),
        *(image[f"{style}_url"] for image in spree for style in ("mini", "small", "product", "large")),
    ]


def parts_of(url: str) -> str:
    """Path and query: what a cache keeps, whatever the host."""
    return URL(url).raw_path_qs


async def test_a_purge_lists_every_url_that_was_ever_given_out(serve: Serve, commands: Commands) -> None:
    """The URLs of all APIs, of before a rename, too, of former recipes and in further formats, are among those that
    `image urls` and `image purge` list, with the address that clients see; the purge ends them all."""
    shop = await serve()
    cli = commands(shop, MEDIA_URL="https://cdn.example")
    data = encoded(picture(400, 300))
    image = await upload(shop, data)
    await eventually(lambda: has_renditions(shop, data))
    given = await documents(shop)
    webp = next(url for url in given if "/media/renditions/large" in url).replace(".jpg", ".webp")
    assert (await shop.get(parts_of(webp))).status == 200
    name = json.dumps({"file_name": "Größe 2"})
    assert (await shop.signed("PUT", f"{IMAGES}/{image}", data=name, headers=JSON)).status == 200
    renamed = await documents(shop)
    original = f"/spree/products/{image}/original/{URL(renamed[0]).raw_name}"
    assert {*given}.isdisjoint(renamed)
    await asked(
        shop,
        "with former as (insert into recipe (hash, name, box_width, box_height, version, quality)"
        " values ('0badcafe', 'small', 150, 150, 1, '{}') returning hash)"
        " insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)"
        " select b.hash, f.hash, b.format, 150, 112, 1, 'etag' from blob b, former f",
    )
    small = next(url for url in renamed if "/media/renditions/small" in url)
    former = re.sub("/small-[0-9a-f]{8}/", "/small-0badcafe/", small)

    listed = await cli("image", "urls", image)
    wanted = {*map(parts_of, (*given, *renamed, webp, former, original))}
    stale = {url for url in map(parts_of, given) if url.startswith("/spree/")}
    wanted = wanted - stale | {url.partition("?")[0] for url in stale}  # nobody knows the stamps of before
    assert wanted - {*map(parts_of, listed["urls"])} == set()
    assert {url.partition("/media")[0].partition("/spree")[0] for url in listed["urls"]} == {"https://cdn.example"}
    assert len(listed["urls"]) == len({*listed["urls"]})

    purged = await cli("image", "purge", image)
    assert purged == listed | {"images": 1}

    async def are_gone() -> bool:
        return {(await shop.get(parts_of(url))).status for url in purged["urls"]} == {404}

    await eventually(are_gone)


async def test_the_urls_of_a_deleted_image_can_still_be_listed(serve: Serve, commands: Commands) -> None:
    """A delete takes an image out of every list; what caches hold of it is listed until its original is swept."""
    shop = await serve(run_worker=False)
    cli, data = commands(shop), encoded(picture(60, 40))
    image = await upload(shop, data)
    before = await cli("image", "urls", image)
    await destroy(shop, image)
    assert await cli("image", "urls", image) == before
    assert (await cli.run("image", "urls", digest(data))).out.splitlines() == before["urls"]
    assert all(url.startswith(("/media/", "/spree/")) for url in before["urls"])
    await cli("image", "purge", digest(data))
    assert await cli("image", "urls", digest(data)) == {"hash": digest(data), "urls": []}
    assert (await cli.run("image", "urls", digest(data))).out == f"Nothing is known of {digest(data)}.\n"


async def test_a_purge_that_breaks_off_tells_the_urls_all_the_same(serve: Serve, commands: Commands) -> None:
    """With the store away the rows are gone already, so no second call could know."""
    shop = await serve(run_worker=False)
    cli, data = commands(shop), encoded(picture(60, 40))
    image = await upload(shop, data)
    [path, *_] = (await cli("image", "urls", image))["urls"]
    object_ = shop.settings.data_dir / "objects" / blob_key(digest(data))
    object_.unlink()
    (object_ / "that cannot be unlinked").mkdir(parents=True)
    with pytest.raises(StoreUnavailable):
        await cli.run("image", "purge", image)
    assert path in cli.capture.readouterr().err.splitlines()
    assert await cli("image", "urls", digest(data)) == {"hash": digest(data), "urls": []}
