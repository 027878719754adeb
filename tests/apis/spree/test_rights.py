"""Who may do what, answer by answer."""

from typing import Any

import pytest
import pytest_asyncio

from .conftest import ADMIN, CUSTOMER, IMAGES, Serve, Shop, form, picture
from .golden import answers

RIGHTS = answers("rights")
MEMBER = f"{IMAGES}/1"
UNKNOWN = "/api/v1/products/unknown/images"
ALT = {"json": {"image": {"alt": 'A & <b> "q" é'}}}

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "index": ("GET", IMAGES, {}),
    "index, unknown parent": ("GET", UNKNOWN, {}),
    "show": ("GET", MEMBER, {}),
    "show, unknown image": ("GET", f"{IMAGES}/77", {}),
    "new": ("GET", f"{IMAGES}/new", {}),
    "create": ("POST", IMAGES, ALT),
    "create, unknown parent": ("POST", UNKNOWN, ALT),
    "create, no image": ("POST", IMAGES, {}),
    "create, no file": ("POST", IMAGES, ALT),
    "update": ("PATCH", MEMBER, ALT),
    "update, unknown image": ("PUT", f"{IMAGES}/77", ALT),
    "update, no image": ("PUT", MEMBER, {}),
    "destroy": ("DELETE", MEMBER, {}),
    "destroy, a second time": ("DELETE", MEMBER, {}),
}


async def with_cat(shop: Shop) -> Shop:
    """A shop whose first product has the picture of the guide."""
    created = await shop.create(picture(489, 490, "JPEG"), "thinking-cat.jpg")
    assert created.status == 201
    await shop.connection.execute("update image set file_updated_at = '2013-06-06 15:44:36Z'")
    return shop


async def check(shop: Shop, title: str, key: str | None) -> None:
    name, _, rest = title.partition(" by ")
    detail = rest.partition(",")[2]
    method, path, options = CALLS[f"{name},{detail}" if detail else name]
    if "second" in title:
        assert (await shop.call(method, path, key, **options)).status == 204
    answer = await shop.call(method, path, key, **options)
    assert (answer.status, answer.body.decode()) == RIGHTS[title]


@pytest_asyncio.fixture(name="open_shop_of_all", scope="module", loop_scope="session")
async def _open_shop_of_all(serve_all: Serve) -> Shop:
    """Where no key is required; for callers who change nothing."""
    return await with_cat(await serve_all(spree_requires_authentication=False))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("title", [title for title in RIGHTS if "nobody" in title])
@pytest.mark.parametrize("key", [CUSTOMER, None], ids=["a customer", "nobody"])
async def test_who_is_no_admin_has_no_right_on_images(open_shop_of_all: Shop, title: str, key: str | None) -> None:
    """A customer sees no image and changes none; nor does a caller without a key, where none is required."""
    await check(open_shop_of_all, title, key)
    assert (await open_shop_of_all.call("GET", MEMBER)).body.decode() == RIGHTS["show by an admin"][1]


async def test_customers_have_no_right_where_keys_are_required_either(shop: Shop) -> None:
    """The switch makes no difference to them."""
    await with_cat(shop)
    for title in (title for title in RIGHTS if "nobody" in title):
        await check(shop, title, CUSTOMER)


@pytest.mark.parametrize("title", [title for title in RIGHTS if "admin" in title])
async def test_an_admin_may_do_everything(shop: Shop, title: str) -> None:
    """An admin reads and changes every image, and hears what is wrong."""
    await check(await with_cat(shop), title, ADMIN)


async def test_reads_can_be_opened_to_the_public(serve: Serve) -> None:
    """With the switch on, others read what is not excluded, and still write nothing."""
    shop = await with_cat(await serve(spree_public_read=True))
    await shop.create(name="hidden.png")
    await shop.connection.execute("update image set excluded = true where id = 2")
    assert [image["id"] for image in (await shop.call("GET", IMAGES, CUSTOMER)).json["images"]] == [1]
    assert [image["id"] for image in (await shop.call("GET", IMAGES)).json["images"]] == [1, 2]
    assert (await shop.call("GET", MEMBER, CUSTOMER)).body.decode() == RIGHTS["show by an admin"][1]
    assert (await shop.call("GET", f"{IMAGES}/2", CUSTOMER)).status == 404
    assert (await shop.call("GET", f"{IMAGES}/2")).status == 200
    assert (await shop.call("POST", IMAGES, CUSTOMER, data=form(b""))).status == 401
    assert (await shop.call("DELETE", MEMBER, CUSTOMER)).status == 404
