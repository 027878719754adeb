"""What is left of an edit that is given up, whose recipe is a former one, or whose picture is purged: nothing that
should not be."""

from datetime import timedelta
from typing import Final

import pytest
from yarl import URL

from app.db.connections.connect import Connection
from app.service.renditions.widths import RENDER_WIDTHS
from tests.e2e.conftest import Commands, Serve, Shop, eventually
from tests.e2e.test_edits import _EDITED, a_shop, decided, edited
from tests.e2e.test_housekeeping import IMAGES, age, destroy, keeping
from tests.e2e.test_marks import upload, urls
from tests.pictures import encoded, picture

_PLACES: Final = """
    select c.table_name from information_schema.columns c join information_schema.tables using (table_name)
    where c.column_name = 'blob_hash' and table_type = 'BASE TABLE' and c.table_schema = 'public'
"""
_BARRED: Final = "barred"


async def media(shop: Shop) -> list[str]:
    """Every URL that storefronts are offered for the product."""
    [product] = (await shop.get("/v1/media?sku=dress")).json()["products"]
    return [one["url"] for image in product["images"] for offered in image["srcset"].values() for one in offered]


async def statuses(shop: Shop, places: list[str]) -> set[int]:
    return {(await shop.get(URL(one).raw_path)).status for one in places}


@pytest.mark.timeout(120)
async def test_a_purge_leaves_nothing_of_an_edit(serve: Serve, commands: Commands, connection: Connection) -> None:
    """Its renditions were read, and so are in memory: they answer no more, nor is anything of them in the store or in a
    row, and no document shows them. Widths that are asked for afterwards are not there either."""
    shop, image, large = await a_shop(serve, encoded(picture(90, 60)))
    found = _EDITED.search(large)
    assert found
    held = [*await urls(shop), *await media(shop)]
    assert all(_EDITED.search(one) for one in held)
    assert len(held) == 5
    assert await statuses(shop, held) == {200}
    objects = shop.settings.data_dir / "objects"
    assert [path for path in objects.rglob("*") if found["hash"] in str(path)]

    assert (await commands(shop)("image", "purge", str(image)))["images"] == 1
    await eventually(lambda: _are_gone(shop, held), 1)
    assert [path for path in objects.rglob("*") if path.is_file() and found["hash"] in str(path)] == []
    tables = [row["table_name"] for row in await connection.fetch(_PLACES)]
    assert {"edited_picture", "edited_rendition", "edited_rendition_failure", "rendition"} <= set(tables)
    digest = bytes.fromhex(found["hash"])
    left = [one for one in tables if await connection.fetchval(f"select true from {one} where blob_hash = $1", digest)]
    assert [one for one in left if _BARRED not in one] == []
    documents = [
        await shop.get("/abstract-products/dress/abstract-product-image-sets", Accept="*/*"),
        await shop.get("/api/v1/products/a-dress/images", X_Spree_Token=shop.api_key),
        await shop.get("/v1/media?sku=dress"),
        await shop.signed("GET", IMAGES),
    ]
    assert [found["hash"].encode() in document.body for document in documents] == [False] * 4


async def _are_gone(shop: Shop, held: list[str]) -> bool:
    return await statuses(shop, held) == {404}


async def test_an_edit_that_is_given_up_serves_on_until_its_recipe_does_not(serve: Serve) -> None:
    """A cache may hold its URLs. A sweep of former recipes takes edited renditions of these along once no image was
    promised them, and no other."""
    shop, image, large = await a_shop(serve, encoded(picture(400, 300)))
    small = (await urls(shop))[1]
    await edited(shop, image, {"rotate": 180})
    await decided(shop, 2)
    await edited(shop, image, None)
    assert not _EDITED.search((await urls(shop))[0])
    await age(shop, 40)
    async with keeping(shop) as parts:
        assert await parts.upkeep.unused_renditions.sweep(timedelta(days=30)) == (0, 0)
    assert await statuses(shop, [large, small]) == {200}
    objects = shop.settings.data_dir / "objects"
    async with keeping(shop, recipe_small=150) as parts:
        await destroy(shop, str(image))
        count, _ = await parts.upkeep.unused_renditions.sweep(timedelta(days=30))
        assert count == 3  # of the picture and of both edits
    kept = {path.parent.name[-16:] for path in objects.rglob("*.jpg") if "-" in path.parent.name}
    assert len(kept) == 2
    assert URL(small).parts[3][-8:] not in {path.stem for path in objects.rglob("*.jpg")}
    assert URL(large).parts[3][-8:] in {path.stem for path in objects.rglob("*.jpg")}


@pytest.mark.timeout(120)
async def test_widths_are_made_in_advance_of_what_an_edit_shows(serve: Serve, connection: Connection) -> None:
    """With `RENDER_AHEAD_WIDTHS`: as wide as the edited picture is, and no wider, in all formats that are offered."""
    shop = await serve(recipe_widths=(100, 200, 400), render_ahead_widths=True)
    image = int((await upload(shop, encoded(picture(300, 90)))).rpartition("/")[2])
    await edited(shop, image)
    await decided(shop)

    async def is_idle() -> bool:
        return not await connection.fetchval("select count(*) from pgqueuer where entrypoint = $1", RENDER_WIDTHS)

    async def built() -> list[tuple[str, list[str], int, int]]:
        rows = await connection.fetch(
            "select c.name, array_agg(r.format order by r.format) formats, min(r.width) width, max(r.height) height "
            "from edited_rendition r join recipe c on c.hash = r.recipe_hash where c.name like 'w%' group by c.name"
        )
        return [tuple(row) for row in rows]

    async def is_built() -> bool:
        return await is_idle() and bool(await built())

    await eventually(is_built, 60)
    assert await built() == [("w100", ["avif", "jpeg", "webp"], 90, 300)]
    offered = await media(shop)
    assert len(offered) == 3
    before = await connection.fetchval("select count(*) from edited_rendition")
    assert await statuses(shop, offered) == {200}
    assert await connection.fetchval("select count(*) from edited_rendition") == before
