"""What is done to a picture for one image is shown at once, by every API and every process, whoever has done it."""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.e2e.conftest import Commands, Serve, Shop, eventually
from tests.e2e.test_staleness import SPREE, _two, upload

two = _two
_SETS: Final = "/abstract-products/dress/abstract-product-image-sets"
_KEY_OF_EDIT: Final = re.compile(r"/[0-9a-f]{64}-([0-9a-f]{16})/")


class Shown(NamedTuple):
    """The edit's key in Glue's and the storefront's URLs, Spree's stamp, and the native API's edit."""

    glue: str | None
    media: str | None
    stamp: str
    edit: dict[str, Any] | None


def key_in(url: str) -> str | None:
    found = _KEY_OF_EDIT.search(url)
    return found[1] if found else None


async def shown(shop: Shop) -> Shown:
    [sets] = (await shop.get(_SETS)).json()["data"]
    [[glue]] = [one["images"] for one in sets["attributes"]["imageSets"]]
    [product] = (await shop.get("/v1/media?sku=dress")).json()["products"]
    [spree] = (await shop.get(SPREE, X_Spree_Token=shop.api_key)).json()["images"]
    native = (await shop.get("/v1/images/1", Authorization=f"Bearer {shop.api_key}")).json()
    [media] = product["images"]
    return Shown(key_in(glue["externalUrlLarge"]), key_in(media["src"]), spree["attachment_updated_at"], native["edit"])


async def asked(shop: Shop, method: str, path: str, given: object) -> Any:
    answer = await shop.call(method, path, json=given, headers={"Authorization": f"Bearer {shop.api_key}"})
    assert answer.status == 200, answer.body
    return answer.json()


async def rotated(shop: Shop, degrees: int | None) -> Any:
    edit = None if degrees is None else {"rotate": degrees}
    return await asked(shop, "PATCH", "/v1/images/1", {"edit": edit})


async def undone(shop: Shop) -> None:
    """The last change of the image."""
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    [last, *_] = (await shop.get("/v1/images/1/history", **headers)).json()["items"]
    await asked(shop, "POST", "/v1/history/undo", {"change": last["id"]})


async def test_an_edit_through_one_process_is_seen_by_all(two: tuple[Shop, Shop]) -> None:
    """Made, changed, taken away, undone and brought back: each API of both processes had its documents in memory, and
    shows what there is; a stamp never comes back."""
    here, there = two
    await upload(here)
    before = await shown(here)
    assert before[:2] == (None, None)
    await eventually(lambda: agree(there, before))
    stamps, keys = [before.stamp], []
    steps = [lambda: rotated(here, 90), lambda: rotated(here, 180), lambda: rotated(here, None), lambda: undone(here)]
    for step, degrees in zip(steps, (90, 180, None, 180), strict=True):
        await shown(there)
        await step()
        now = await shown(here)
        assert (now.edit and now.edit["rotate"]) == degrees
        assert now.glue == now.media
        await eventually(lambda now=now: agree(there, now))
        stamps.append(now.stamp)
        keys.append(now.glue)
    assert stamps == sorted(set(stamps))
    assert keys == [keys[0], keys[1], None, keys[1]]
    assert None not in keys[:2]
    assert keys[0] != keys[1]


async def agree(shop: Shop, expected: Shown) -> bool:
    return await shown(shop) == expected


async def test_an_import_of_products_leaves_edits_alone(serve: Serve, commands: Commands, tmp_path: Path) -> None:
    """By the command and by the native API: the product is another one then, its picture is shown as before."""
    shop = await serve(run_worker=False)
    await upload(shop)
    await rotated(shop, 90)
    before = await shown(shop)
    (tmp_path / "products.csv").write_text("sku,name\ndress,Robe\n")
    assert (await commands(shop)("product", "import", str(tmp_path / "products.csv")))["updated"] == 1
    [one] = (await asked(shop, "POST", "/v1/products", {"items": [{"sku": "dress", "name": "Kleid"}]}))["items"]
    assert one["status"] == 200
    assert (await shown(shop)) == before
    assert before.glue is not None
