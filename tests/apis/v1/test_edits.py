"""Edits without touching the original: what is done to a picture for one image, and what all APIs show of that.
Source: native.md, section 10."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from PIL import Image

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.dialects import Dialects
from tests.apis.v1.test_uploads import as_form
from tests.pictures import encoded, picture

_IMAGES: Final = "/v1/products/dress/images"
_WAIT: Final = {"Prefer": "wait=50"}
_RENDITION: Final = re.compile(rb"/media/renditions/[^\"\\]+")
_EDITED: Final = re.compile(r"/[0-9a-f]{64}-[0-9a-f]{16}/")
_HALF: Final = {"rotate": 90, "crop": [0, 0, 1, 0.5], "focal": [0, 1]}
"""Of 400 x 300: turned 300 x 400, the upper half of it, 300 x 200."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """A shop with a worker, and the images of one product that show the same picture."""

    shop: Shop
    dialects: Dialects
    first: int
    second: int

    async def image(self, image: int | None = None) -> dict[str, Any]:
        """Once it is decided."""
        answer = await self.shop.call("GET", f"/v1/images/{image or self.first}", headers=_WAIT)
        assert answer.status == 200, answer.body
        shown: dict[str, Any] = answer.json()
        return shown

    async def patch(self, edit: Mapping[str, Any] | None, image: int | None = None) -> dict[str, Any]:
        given = {"edit": edit}
        answer = await self.shop.call("PATCH", f"/v1/images/{image or self.first}", "editor", json=given)
        assert answer.status == 200, answer.body
        changed: dict[str, Any] = answer.json()
        return changed

    async def size(self, url: str) -> tuple[int, int]:
        """Of the picture at a URL, or at the path in it."""
        path = re.sub(r"^https?://[^/]+", "", url)
        answer = await self.shop.get(path, None)
        assert answer.status == 200, path
        return Image.open(io.BytesIO(answer.body)).size

    async def spree(self, image: int | None = None) -> dict[str, Any]:
        path = "/api/v1/products/a-dress/images"
        listed = (await self.shop.get(path, None, X_Spree_Token=self.dialects.spree_key)).json()["images"]
        return next(one for one in listed if one["id"] == (image or self.first))

    async def glue(self) -> list[dict[str, str]]:
        path = "/abstract-products/dress/abstract-product-image-sets"
        [document] = (await self.shop.get(path, None)).json()["data"]
        return [one for given in document["attributes"]["imageSets"] for one in given["images"]]

    async def media(self) -> list[dict[str, Any]]:
        [product] = (await self.shop.get("/v1/media?sku=dress", None)).json()["products"]
        return list(product["images"])

    async def openmage(self) -> list[str]:
        found = (await self.shop.get("/api/rest/products/8/images", None, Accept="application/json")).json()
        return [one["url"] for one in found]


@pytest.fixture(name="gallery")
async def _gallery(serve: Serve, connection: Connection) -> Gallery:
    shop = await serve(run_worker=True, render_ahead=("webp",))
    dialects = await Dialects.of(shop, connection)
    made = (await shop.call("POST", _IMAGES, headers=_WAIT, **as_form(encoded(picture(400, 300)), "a.jpg"))).json()
    copy = (await shop.call("POST", f"/v1/images/{made['id']}/copy", json={"sku": "dress"})).json()
    assert (made["state"], copy["state"], made["edit"], copy["edit"]) == ("ready", "ready", None, None)
    return Gallery(shop, dialects, made["id"], copy["id"])


def renditions(image: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By recipe, in the picture's own format."""
    return {one["recipe"]: one for one in image["renditions"] if one["format"] == "jpeg"}


async def test_all_apis_show_an_edit_of_its_image_alone(gallery: Gallery) -> None:
    """Renditions of the edited image are others, everywhere; those of the same picture elsewhere stay, as do the
    original and what was handed out before."""
    before, spree_before, urls_before = await gallery.image(), await gallery.spree(), await gallery.openmage()
    glue_before = await gallery.glue()
    original = await gallery.shop.get(re.sub(r"^https?://[^/]+", "", urls_before[0]), None)

    changed = await gallery.patch(_HALF)
    assert (changed["edit"], changed["state"]) == (_HALF, "processing")
    assert changed["revision"] == before["revision"] + 1
    image = await gallery.image()
    large, small = (renditions(image)[name] for name in ("large", "small"))
    assert image["state"] == "ready"
    assert ((large["width"], large["height"]), (small["width"], small["height"])) == ((300, 200), (300, 200))
    assert (image["picture"]["width"], image["picture"]["height"]) == (400, 300)
    assert image["picture"]["thumbhash"] not in (None, before["picture"]["thumbhash"])
    assert all(_EDITED.search(one["url"]) for one in image["renditions"])
    assert await gallery.size(large["url"]) == (300, 200)
    assert await gallery.size(renditions(before)["large"]["url"]) == (400, 300)

    edited, unedited = await gallery.glue()
    assert (edited["externalUrlLarge"], edited["externalUrlSmall"]) == (large["url"], small["url"])
    assert unedited == glue_before[1]
    assert glue_before[0]["externalUrlLarge"] == renditions(before)["large"]["url"]

    spree = await gallery.spree()
    assert spree["attachment_updated_at"] > spree_before["attachment_updated_at"]
    assert spree["large_url"] != spree_before["large_url"]
    assert await gallery.size(spree["product_url"]) == (240, 160)
    assert await gallery.size(spree["product_url"].replace("/product/", "/original/")) == (400, 300)
    assert await gallery.size((await gallery.spree(gallery.second))["product_url"]) == (240, 180)

    assert await gallery.openmage() == urls_before
    again = await gallery.shop.get(re.sub(r"^https?://[^/]+", "", urls_before[0]), None)
    assert again.body == original.body

    first, second = await gallery.media()
    assert (first["width"], first["height"], first["focal"]) == (300, 200, [0.0, 1.0])
    assert (second["width"], second["height"], second["focal"]) == (400, 300, None)
    assert [one["width"] for one in first["srcset"]["jpeg"]] == [300]
    assert (first["thumbhash"], first["color"]) == (image["picture"]["thumbhash"], image["picture"]["color"])
    assert await gallery.size(first["srcset"]["webp"][0]["url"]) == (300, 200)
    assert _EDITED.search(first["src"])
    assert not _EDITED.search(second["src"])
    assert renditions(await gallery.image(gallery.second)) == renditions(before)

    shown = (await gallery.shop.get(f"/v1/pictures/{image['picture']['id']}")).json()
    assert shown["thumbhash"] == before["picture"]["thumbhash"]
    [one] = shown["edits"]
    assert (one["edit"], one["images"], one["state"]) == (changed["edit"], [gallery.first], "ready")
    assert (one["width"], one["height"]) == (300, 200)


async def test_an_edit_is_changed_member_by_member(gallery: Gallery) -> None:
    """A merge patch keeps what it does not name; null removes; what does nothing is null; what is so already changes
    nothing. A focal point of its own is no other rendition."""
    stamp = (await gallery.spree())["attachment_updated_at"]
    nothing = await gallery.patch({"rotate": 0, "crop": [0, 0, 1, 1], "focal": None})
    assert (nothing["edit"], nothing["revision"]) == (None, 1)
    focal = await gallery.patch({"focal": [0, 0.25]})
    assert (focal["edit"], focal["revision"]) == ({"rotate": 0, "crop": None, "focal": [0.0, 0.25]}, 2)
    assert (focal["state"], (await gallery.spree())["attachment_updated_at"]) == ("ready", stamp)
    cropped = await gallery.patch({"crop": [0.25, 0.25, 0.5, 0.5]})
    assert cropped["edit"] == {"rotate": 0, "crop": [0.25, 0.25, 0.5, 0.5], "focal": [0.0, 0.25]}
    turned = await gallery.patch({"rotate": 180, "focal": None})
    assert turned["edit"] == {"rotate": 180, "crop": [0.25, 0.25, 0.5, 0.5], "focal": None}
    assert (await gallery.patch({"rotate": 180}))["revision"] == turned["revision"]
    whole = await gallery.patch({"crop": [0.0001, 0, 0.9999, 1]})
    assert whole["edit"] == {"rotate": 180, "crop": None, "focal": None}
    last = renditions(await gallery.image())["large"]
    assert (last["width"], last["height"]) == (400, 300)
    assert (await gallery.patch(None))["edit"] is None
    refused = await gallery.shop.call("PATCH", f"/v1/images/{gallery.first}", json={"edit": {"crop": [0, 0, 1, 0.05]}})
    assert (refused.status, refused.mistakes) == (422, [("/edit/crop", "out_of_range")])
    huge = {"edit": {"crop": [0, 0, 1, 10**30], "focal": [-(10**30), 0]}}
    refused = await gallery.shop.call("PATCH", f"/v1/images/{gallery.first}", json=huge)
    places = [("/edit/crop/3", "out_of_range"), ("/edit/focal/0", "out_of_range")]
    assert (refused.status, sorted(refused.mistakes)) == (422, places)


async def test_edits_are_undone_and_brought_back(gallery: Gallery) -> None:
    """The log tells them by their members; an undo and a restore make them what they were, under another stamp."""
    before = renditions(await gallery.image())["large"]["url"]
    await gallery.patch({"rotate": 90})
    await gallery.patch({"crop": [0, 0, 0.5, 0.5]})
    edited = renditions(await gallery.image())["large"]["url"]
    path = f"/v1/images/{gallery.first}"
    rows = (await gallery.shop.get(f"{path}/history")).json()["items"]
    second, first = (row for row in rows if row["kind"] == "image.updated")
    assert (first["before"]["edit"], first["after"]["edit"]) == (None, {"rotate": 90})
    assert (second["before"]["edit"], second["after"]["edit"]) == ({"crop": None}, {"crop": [0.0, 0.0, 0.5, 0.5]})

    stamp = (await gallery.spree())["attachment_updated_at"]
    undone = await gallery.shop.call("POST", "/v1/history/undo", json={"change": second["id"]})
    assert undone.status == 200, undone.body
    assert (await gallery.image())["edit"] == {"rotate": 90, "crop": None, "focal": None}
    assert (await gallery.spree())["attachment_updated_at"] > stamp
    restored = await gallery.shop.call("POST", f"{path}/restore", json={"revision": 1})
    assert (restored.status, restored.json()["edit"], restored.json()["state"]) == (200, None, "ready")
    assert renditions(restored.json())["large"]["url"] == before
    assert (await gallery.shop.call("POST", f"{path}/restore", json={"revision": 3})).json()["edit"]["rotate"] == 90
    assert renditions(await gallery.image())["large"]["url"] == edited

    await gallery.shop.call("DELETE", path)
    back = (await gallery.shop.call("POST", f"{path}/restore", headers=_WAIT)).json()
    assert (back["edit"]["crop"], back["state"]) == ([0.0, 0.0, 0.5, 0.5], "ready")
    assert renditions(back)["large"]["url"] == edited


async def test_an_edit_goes_where_its_image_goes(gallery: Gallery, connection: Connection) -> None:
    """A copy takes it along, ready at once, a replaced file keeps it if enough is left, an upload brings its own; who
    shares a picture in an upload gets it as it is. Where bytes went it stays, and nobody turns or cuts them."""
    await gallery.patch(_HALF)
    edited = await gallery.image()
    path = f"/v1/images/{gallery.first}"
    copy = (await gallery.shop.call("POST", f"{path}/copy", json={"sku": "dress-red"})).json()
    assert (copy["edit"], copy["state"]) == (edited["edit"], "ready")
    other = (await gallery.shop.call("POST", f"{path}/copy", json={"sku": "dress-red", "edit": {"rotate": 0}})).json()
    assert other["edit"] == {"rotate": 0, "crop": [0.0, 0.0, 1.0, 0.5], "focal": [0.0, 1.0]}
    shared = {"file": {"image": gallery.first}}
    assert (await gallery.shop.call("POST", _IMAGES, json=shared)).json()["edit"] is None

    file = {**as_form(encoded(picture(200, 100), "PNG"), "b.png")}
    replaced = (await gallery.shop.call("PUT", f"{path}/file", headers=_WAIT, **file)).json()
    large = next(one for one in replaced["renditions"] if one["recipe"] == "large" and one["format"] == "png")
    assert (replaced["edit"], replaced["state"]) == (edited["edit"], "ready")
    assert (large["width"], large["height"]) == (100, 100)
    tiny = (await gallery.shop.call("PUT", f"{path}/file", **as_form(encoded(picture(30, 30)), "c.jpg"))).json()
    assert tiny["edit"] is None
    for said, left in (("{}", None), ('{"focal": [0, 1]}', {"rotate": 0, "crop": None, "focal": [0.0, 1.0]})):
        await gallery.shop.call("PUT", f"{path}/file", **as_form(encoded(picture(400, 300)), "a.jpg"))
        await gallery.patch(_HALF)
        smaller = as_form(encoded(picture(30, 30)), "c.jpg", edit=said)
        assert (await gallery.shop.call("PUT", f"{path}/file", **smaller)).json()["edit"] == left

    fields = as_form(encoded(picture(90, 60)), "d.jpg", edit='{"rotate": 270}')
    made = (await gallery.shop.call("POST", _IMAGES, headers=_WAIT, **fields)).json()
    assert (made["state"], renditions(made)["large"]["width"], renditions(made)["large"]["height"]) == ("ready", 60, 90)
    assert made["revision"] == 1
    wrong = as_form(encoded(picture(90, 60)), "d.jpg", edit='{"crop": [0, 0, 0.1, 1]}')
    refused = await gallery.shop.call("POST", _IMAGES, **wrong)
    assert (refused.status, refused.mistakes) == (422, [("/edit/crop", "out_of_range")])
    assert (refused.json()["errors"][0]["limit"], refused.json()["errors"][0]["measured"]) == (16, 9)

    await connection.execute("update picture set blob_hash = null, url_large = 'https://img.example/a.jpg'")
    there = f"/v1/images/{copy['id']}"
    kept = (await gallery.shop.call("POST", f"{there}/copy", json={"sku": "dress"})).json()
    assert (kept["state"], kept["edit"]) == ("external", edited["edit"])
    focal = (await gallery.shop.call("PATCH", there, json={"edit": {"focal": [1, 1]}})).json()
    assert focal["edit"] == edited["edit"] | {"focal": [1.0, 1.0]}
    assert (await gallery.shop.call("PATCH", there, json={"edit": {"rotate": 180}})).status == 409


async def test_an_animation_is_edited_too(gallery: Gallery) -> None:
    """All its frames are turned and cut, in every format that moves; its own stays as it was uploaded."""
    frames = [Image.new("RGB", (60, 40), "white") for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.paste((200, 0, 0), (20 * number, 0, 20 * number + 20, 40))
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[80, 120, 160], loop=0)
    made = (await gallery.shop.call("POST", _IMAGES, headers=_WAIT, **as_form(data, "a.gif"))).json()
    await gallery.patch({"rotate": 90, "crop": [0, 0, 1, 0.5]}, made["id"])
    image = await gallery.image(made["id"])
    assert image["state"] == "ready"
    offered = (await gallery.media())[2]["srcset"]
    assert list(offered) == ["gif", "webp"]
    for fmt, [one] in offered.items():
        answer = await gallery.shop.get(re.sub(r"^https?://[^/]+", "", one["url"]), None)
        assert (answer.status, answer.headers["Content-Type"]) == (200, f"image/{fmt}")
        shown = Image.open(io.BytesIO(answer.body))
        assert (shown.size, getattr(shown, "n_frames", 1)) == ((40, 30), 3)
        assert [_red_rows(shown, number) for number in range(3)] == [(0, 20), (20, 30), (0, 0)]
    answer = await gallery.shop.get(re.sub(r"^https?://[^/]+", "", image["original"]), None)
    assert Image.open(io.BytesIO(answer.body)).size == (60, 40)


def _red_rows(image: Image.Image, number: int) -> tuple[int, int]:
    """From where to where a frame is red: to the pixel, which no codec blurs by half of 255."""
    image.seek(number)
    green = image.convert("RGB").getchannel("G").point(lambda value: 255 * (value < 128))
    box = green.getbbox() or (0, 0, 0, 0)
    return box[1], box[3]
