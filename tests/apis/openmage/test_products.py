"""What products and pictures in every state look like to OpenMage's clients."""

from typing import Any, Final

import pytest

from tests.apis.openmage.shop import JPEG, USERS, Api, error_body, upload

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_FOUND: Final = error_body("json", (404, "Resource not found"))
LARGE, SMALL = "http://cdn.example/a_large.jpg?x=1&y=2", "http://cdn.example/a_small.jpg"


@pytest.mark.parametrize("options", [{"enabled": False}, {"visible": False}, {"websites": ()}])
async def test_a_product_that_the_public_may_not_see_is_only_the_admins(api: Api, options: dict[str, Any]) -> None:
    """A disabled, invisible or website-less product is unknown to the public; an admin works on it as on any other."""
    images = await api.product(**options)
    image = await api.create(images, label="A")
    for user in USERS[1:]:
        for path in (images, f"{images}/{image}", f"{images}/999", f"{images}/store/1"):
            answer = await api.call(user, "GET", path)
            assert (answer.status, answer.body) == (404, NOT_FOUND)
    assert (await api.put(f"{images}/{image}", label="B")).status == 200
    assert (await api.get(images))[0]["label"] == "B"
    in_store = await api.call("admin", "GET", f"{images}/store/1")
    assert in_store.status == (404 if "websites" in options else 200)
    assert (await api.delete(f"{images}/{image}")).status == 200


async def test_what_becomes_visible_is_seen_at_once_by_whoever_asked_before(api: Api) -> None:
    """A product that was unknown and is enabled, or the other way round, is answered for as it is now."""
    images = await api.product(enabled=False)
    number = int(images.split("/")[4])
    assert (await api.call("guest", "GET", images)).status == 404
    for enabled, status in ((True, 200), (False, 404)):
        await api.sql("update product set enabled = $2 where id = $1 returning id", number, enabled)
        await until(api, images, status)


async def until(api: Api, path: str, status: int) -> None:
    """Asks until a change that came from outside is heard of."""
    for _ in range(1000):
        if (await api.call("guest", "GET", path)).status == status:
            return
    raise AssertionError(f"{path} is not answered with {status}")


async def test_a_deleted_product_is_unknown_to_everybody(api: Api) -> None:
    """A product that was deleted is not found, nor are its images."""
    images = await api.product()
    image = await api.create(images)
    await api.sql("update product set deleted_at = now() where id = $1 returning id", int(images.split("/")[4]))
    await until(api, images, 404)
    for method, path in (("GET", images), ("GET", f"{images}/{image}"), ("DELETE", f"{images}/{image}")):
        answer = await api.call("admin", method, path)
        assert (answer.status, answer.body) == (404, NOT_FOUND)


async def test_a_product_that_lost_its_gallery_lists_nothing(api: Api) -> None:
    """Images of a product that does not support images any more are neither listed nor changed."""
    images = await api.product()
    image = await api.create(images)
    number = int(images.split("/")[4])
    await api.sql("update product set supports_images = false where id = $1 returning id", number)
    await until(api, f"{images}/{image}", 404)
    assert await api.get(images) == []
    assert (await api.put(f"{images}/{image}", label="x")).body == NOT_FOUND
    assert (await api.delete(f"{images}/{image}")).body == NOT_FOUND
    reported = error_body("json", (400, "Requested product does not support images"))
    assert (await api.post(images, upload())).body == reported


async def external(api: Api, images: str, large: str | None, small: str | None) -> int:
    """An image of a picture of which only addresses are known."""
    picture = await api.sql("insert into picture (url_large, url_small) values ($1, $2) returning id", large, small)
    statement = "insert into image (product_id, picture_id, position, excluded) values ($1, $2, 1, false) returning id"
    image: int = await api.sql(statement, int(images.split("/")[4]), picture)
    await until(api, f"{images}/{image}", 200)
    return image


@pytest.mark.parametrize(("large", "small", "url"), [(LARGE, SMALL, LARGE), (None, SMALL, SMALL)])
async def test_an_external_picture_has_its_own_url(api: Api, large: str | None, small: str | None, url: str) -> None:
    """The URL of an external picture is its large one as given, or the small one where it has no other."""
    images = await api.product()
    image = await external(api, images, large, small)
    assert (await api.get(f"{images}/{image}", "guest"))["url"] == url
    document = await api.call("admin", "GET", images, accept="text/xml")
    assert f"<url>{url.replace('&', '&amp;')}</url>".encode() in document.body


async def test_an_external_picture_is_changed_like_any_other_but_for_its_name(api: Api) -> None:
    """Values and types of an external picture change; it has no file that could be renamed."""
    images = await api.product()
    image = await external(api, images, LARGE, SMALL)
    assert (await api.put(f"{images}/{image}", file_name="other", label="A", types=["image"])).status == 200
    item = await api.get(f"{images}/{image}")
    assert (item["label"], item["types"], item["url"]) == ("A", ["image"], LARGE)
    assert (await api.delete(f"{images}/{image}")).status == 200


async def test_an_external_picture_needs_a_type_for_its_first_bytes(api: Api) -> None:
    """New bytes of an external picture come with a media type, and with a name unless it is to be the default one."""
    images = await api.product()
    image = await external(api, images, LARGE, SMALL)
    content = upload(JPEG)["file_content"]
    reported = error_body("json", (400, "The image is not specified"), (400, "Resource data pre-validator error"))
    answer = await api.put(f"{images}/{image}", file_content=content)
    assert (answer.status, answer.body) == (400, reported)
    assert (await api.get(f"{images}/{image}"))["url"] == LARGE
    assert (await api.put(f"{images}/{image}", file_content=content, file_mime_type="image/jpeg")).status == 200
    url = (await api.get(f"{images}/{image}"))["url"]
    assert url.startswith("http://magento/media/catalog/product/i/m/image")
    assert url.endswith(".jpg")


async def test_a_concrete_product_has_a_gallery_of_its_own(api: Api) -> None:
    """A product with a parent is addressed like any other and lists its own images alone."""
    parent = await api.product()
    child = await api.product(parent=f"product-{parent.split('/')[4]}")
    image = await api.create(child, label="mine")
    assert await api.get(parent) == []
    assert [item["id"] for item in await api.get(child, "guest")] == [str(image)]
