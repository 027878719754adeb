"""One catalogue: what Spree writes the other dialects show, and the other way round."""

import base64
import json
from typing import Any

import aiohttp

from tests.e2e.conftest import Answer, Serve, Shop
from tests.pictures import decoded, encoded, picture

SPREE = "/api/v1/products/a-dress/images"
OPENMAGE = "/api/rest/products/dress/images"
GLUE = "/abstract-products/dress/abstract-product-image-sets"


async def spree(shop: Shop, method: str, path: str = SPREE, **options: Any) -> Answer:
    return await shop.call(method, path, headers={"X-Spree-Token": shop.api_key}, **options)


def form(data: bytes, name: str, **fields: str) -> aiohttp.FormData:
    parts = aiohttp.FormData()
    parts.add_field("image[attachment]", data, filename=name)
    for key, value in fields.items():
        parts.add_field(f"image[{key}]", value)
    return parts


async def glue_images(shop: Shop) -> list[dict[str, Any]]:
    document = (await shop.get(GLUE, Accept="*/*")).json()
    sets = document["data"][0]["attributes"]["imageSets"]
    return [image for one in sets for image in one["images"]]


async def test_what_spree_writes_all_dialects_show(serve: Serve) -> None:
    """An upload through Spree is listed by OpenMage and Glue at once, and its deletion is, too."""
    shop = await serve(run_worker=False)
    created = (await spree(shop, "POST", data=form(encoded(picture(640, 400)), "Front view.png", alt="Front"))).json()
    (listed,) = (await shop.signed("GET", OPENMAGE)).json()
    assert (listed["id"], listed["label"], int(listed["position"]), int(listed["exclude"])) == (
        str(created["id"]),
        "Front",
        1,
        0,
    )
    assert listed["url"].endswith("/media/catalog/product/F/r/Front_view.jpg")
    original = await shop.get(listed["url"])
    assert decoded(original.body).size == (640, 400)
    (shown,) = await glue_images(shop)
    assert decoded((await shop.get(shown["externalUrlSmall"])).body).size == (300, 188)

    assert (await spree(shop, "DELETE", f"{SPREE}/{created['id']}")).status == 204
    assert (await shop.signed("GET", OPENMAGE)).json() == []
    assert await glue_images(shop) == []
    assert (await shop.get(listed["url"])).status == 404


async def test_what_openmage_writes_spree_shows_completely(serve: Serve) -> None:
    """An upload through OpenMage has all 15 attributes in Spree, and its four renditions."""
    shop = await serve(run_worker=False)
    content = base64.b64encode(encoded(picture(1000, 400))).decode()
    fields = {"file_mime_type": "image/jpeg", "file_name": "shop", "label": "Shop", "types": ["image", "thumbnail"]}
    body = json.dumps({**fields, "file_content": content})
    answer = await shop.signed("POST", OPENMAGE, data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 200
    (image,) = (await spree(shop, "GET")).json()["images"]
    assert (image["attachment_file_name"], image["alt"], image["position"]) == ("shop.jpg", "Shop", 1)
    assert (image["attachment_width"], image["attachment_height"], image["viewable_id"]) == (1000, 400, 8)
    sizes = [decoded((await shop.get(image[f"{style}_url"])).body).size for style in ("mini", "product", "large")]
    assert sizes == [(48, 19), (240, 96), (600, 240)]


async def test_an_edit_of_one_dialect_keeps_what_the_other_says(serve: Serve) -> None:
    """A text or a place that Spree writes leaves types alone; OpenMage's new label is Spree's text."""
    shop = await serve(run_worker=False)
    data = {"file_mime_type": "image/jpeg", "file_content": base64.b64encode(encoded(picture(60, 40))).decode()}
    headers = {"Content-Type": "application/json"}
    for types in (["image"], ["thumbnail"]):
        await shop.signed("POST", OPENMAGE, data=json.dumps({**data, "types": types}), headers=headers)
    first, second = (image["id"] for image in (await spree(shop, "GET")).json()["images"])
    await spree(shop, "PUT", f"{SPREE}/{second}", json={"position": 1, "alt": "now first"})
    listed = (await shop.signed("GET", OPENMAGE)).json()
    assert [(int(image["id"]), image["label"], image["types"]) for image in listed] == [
        (second, "now first", ["thumbnail"]),
        (first, "", ["image"]),
    ]
    path = f"{OPENMAGE}/{first}"
    assert (await shop.signed("PUT", path, data=json.dumps({"label": "renamed"}), headers=headers)).status == 200
    assert (await spree(shop, "GET", f"{SPREE}/{first}")).json()["alt"] == "renamed"
