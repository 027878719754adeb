"""One image in several store views: what each caller sees of it, as values are set, inherited and taken away."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.apis.openmage.shop import USERS, Api, upload

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCOPES: Final = {"": None, "/store/1": 1, "/store/german": 2, "/store/3": 3}
ALL: Final = ["image", "small_image", "thumbnail"]
GONE: Final = None

Seen = tuple[str, str, str, list[str]]
"""Label, position, exclude, types."""


async def seen(api: Api, images: str, image: int) -> dict[str, Seen | None]:
    """What the admin sees in each scope, after the list and the entity, and the public's views, were found to agree."""
    views = {}
    for scope in SCOPES:
        items = {user: await _items(api, f"{images}{scope}", user) for user in USERS}
        mine = items["admin"].get(str(image))
        views[scope] = mine and (mine["label"], mine["position"], mine["exclude"], mine["types"])
        for user in USERS:
            await _check_entity(api, f"{images}/{image}{scope}", user, items[user].get(str(image)))
    await _check_public(api, images)
    return views


async def _items(api: Api, path: str, user: Any) -> dict[str, Any]:
    return {item["id"]: item for item in await api.get(path, user)}


async def _check_entity(api: Api, path: str, user: Any, listed: object) -> None:
    answer = await api.call(user, "GET", path)
    assert answer.status == (404 if listed is None else 200)
    assert listed is None or answer.json() == listed


async def _check_public(api: Api, images: str) -> None:
    """Customers and guests see what an admin sees but for the excluded, in the default view if none is named."""
    for scope in SCOPES:
        mine = await api.get(f"{images}{scope or '/store/1'}")
        public = [{k: v for k, v in item.items() if k != "exclude"} for item in mine if item["exclude"] != "1"]
        assert await api.get(f"{images}{scope}", "guest") == public
        assert await api.get(f"{images}{scope}", "customer") == public
        assert await api.get(f"{images}/store/0", "guest") == await api.get(images, "guest")


def everywhere(value: Seen | None, **others: Seen | None) -> Mapping[str, Seen | None]:
    names = {"one": "/store/1", "two": "/store/german", "three": "/store/3"}
    return dict.fromkeys(SCOPES, value) | {names[name]: other for name, other in others.items()}


async def test_store_views_keep_what_they_set_and_inherit_the_rest(api: Api) -> None:
    """The classic example: three scopes, each with values of its own; a field that is not set shows the global one."""
    images = await api.product()
    image = await api.create(images, label="A", position=10, types=ALL)
    await api.create(images, position=11)
    assert await seen(api, images, image) == everywhere(("A", "10", "0", ALL))

    assert (await api.put(f"{images}/{image}/store/2", label="B", position=11, types=["image"])).status == 200
    assert (await api.put(f"{images}/{image}/store/french", label="C", position=12, exclude=1)).status == 200
    expected = everywhere(("A", "10", "0", ALL), two=("B", "11", "0", ["image"]), three=("C", "12", "1", ALL))
    assert await seen(api, images, image) == expected

    assert (await api.put(f"{images}/{image}", label="D", position=1, exclude=0, types=["thumbnail"])).status == 200
    expected = everywhere(
        ("D", "1", "0", ["thumbnail"]), two=("B", "11", "0", ["image"]), three=("C", "12", "1", ["thumbnail"])
    )
    assert await seen(api, images, image) == expected

    assert (await api.put(f"{images}/{image}/store/2", label="")).status == 200
    expected = everywhere(
        ("D", "1", "0", ["thumbnail"]), two=("D", "11", "0", ["image"]), three=("C", "12", "1", ["thumbnail"])
    )
    assert await seen(api, images, image) == expected


async def test_the_default_store_views_values_are_the_publics(api: Api) -> None:
    """What the default store view sets applies to customers and guests who name no store view."""
    images = await api.product()
    image = await api.create(images, label="A")
    assert (await api.put(f"{images}/{image}/store/1", label="B", exclude=1)).status == 200
    assert await seen(api, images, image) == everywhere(("A", "1", "0", []), one=("B", "1", "1", []))
    assert await api.get(images, "guest") == []
    assert (await api.put(f"{images}/{image}/store/1", exclude=0)).status == 200
    assert (await api.get(images, "guest"))[0]["label"] == "B"


async def test_types_move_within_their_scope(api: Api) -> None:
    """A type has one image in each scope: what one gets, another loses there, and nowhere else."""
    images = await api.product()
    first = await api.create(images, types=["image", "small_image"])
    second = await api.create(images, types="thumbnail")
    assert (await api.put(f"{images}/{second}/store/3", types=["thumbnail", "image", "unknown"])).status == 200
    assert await seen(api, images, first) == everywhere(
        ("", "1", "0", ["image", "small_image"]), three=("", "1", "0", ["small_image"])
    )
    assert await seen(api, images, second) == everywhere(
        ("", "2", "0", ["thumbnail"]), three=("", "2", "0", ["image", "thumbnail"])
    )
    assert (await api.put(f"{images}/{second}/store/3", types=[])).status == 200
    assert (await seen(api, images, second))["/store/3"] == ("", "2", "0", [])
    assert (await seen(api, images, first))["/store/3"] == ("", "1", "0", ["small_image"])
    assert (await api.put(f"{images}/{first}", types=["thumbnail"])).status == 200
    assert await seen(api, images, first) == everywhere(("", "1", "0", ["thumbnail"]), three=("", "1", "0", []))


async def test_a_listed_type_is_pinned_even_where_it_was_inherited(api: Api) -> None:
    """A type listed for a store view is the image's own there: a later global move does not take it away."""
    images = await api.product()
    first = await api.create(images, types=["image"])
    second = await api.create(images)
    assert (await api.put(f"{images}/{first}/store/2", types=["image"])).status == 200
    assert (await api.put(f"{images}/{second}", types=["image"])).status == 200
    assert await seen(api, images, first) == everywhere(("", "1", "0", []), two=("", "1", "0", ["image"]))
    assert await seen(api, images, second) == everywhere(("", "2", "0", ["image"]), two=("", "2", "0", []))


async def test_a_store_scoped_create_says_nothing_elsewhere(api: Api) -> None:
    """An image created for a store view is listed everywhere, and has its values only there."""
    images = await api.product()
    await api.create(images, position=7)
    answer = await api.post(f"{images}/store/german", upload(label="B", types=["image"]))
    assert answer.headers["Location"] == f"{images}/{answer.id}"
    expected = everywhere(("", "", "", []), two=("B", "8", "0", ["image"]))
    assert await seen(api, images, answer.id) == expected
    assert next(item["id"] for item in await api.get(images)) == str(answer.id)


async def test_the_first_global_update_settles_what_a_store_left_unset(api: Api) -> None:
    """The first global change of such an image, whatever it is, sets its exclusion and its unset position to 0."""
    images = await api.product()
    image = await api.create(f"{images}/store/2")
    other = await api.create(f"{images}/store/2")
    assert await seen(api, images, image) == everywhere(("", "", "", []), two=("", "1", "0", []))
    assert (await api.put(f"{images}/{image}/store/3", label="C")).status == 200
    assert (await seen(api, images, image))[""] == ("", "", "", [])
    assert (await api.put(f"{images}/{image}", types=["image"])).status == 200
    assert await seen(api, images, image) == everywhere(
        ("", "0", "0", ["image"]), two=("", "1", "0", ["image"]), three=("C", "0", "0", ["image"])
    )
    assert await seen(api, images, other) == everywhere(("", "", "", []), two=("", "2", "0", []))
    assert (await api.put(f"{images}/{other}", position=9)).status == 200
    assert (await seen(api, images, other))[""] == ("", "9", "0", [])


async def test_a_position_that_another_dialect_unset_stays_so(api: Api) -> None:
    """An image without a position that is settled otherwise keeps having none when something else of it changes."""
    images = await api.product()
    image = await api.create(images)
    await api.sql("update image set position = null where id = $1 returning id", image)
    assert (await api.put(f"{images}/{image}", label="A")).status == 200
    assert await seen(api, images, image) == everywhere(("A", "", "0", []))


async def test_a_global_delete_leaves_no_image(api: Api) -> None:
    """A deleted image's types go to nobody, and it is gone from every scope; its URL goes on answering."""
    images = await api.product()
    await api.create(images)
    image = await api.create(images, types=ALL)
    path = (await api.get(f"{images}/{image}"))["url"].removeprefix("http://magento")
    assert (await api.delete(f"{images}/{image}")).status == 200
    assert await seen(api, images, image) == everywhere(GONE)
    assert [item["types"] for item in await api.get(images)] == [[]]
    assert (await api.delete(f"{images}/{image}")).status == 404
    assert (await api.call("guest", "GET", path)).status == 200


async def test_a_global_delete_spares_what_a_store_has_assigned(api: Api) -> None:
    """Where a store view assigned a type to the image itself, the image stays listed and keeps it there."""
    images = await api.product()
    image = await api.create(images, label="A", types=["image", "thumbnail"])
    assert (await api.put(f"{images}/{image}/store/3", types=["image"])).status == 200
    assert (await api.delete(f"{images}/{image}")).status == 200
    assert await seen(api, images, image) == everywhere(("A", "1", "0", []), three=("A", "1", "0", ["image"]))
    assert (await api.delete(f"{images}/{image}")).status == 200
    assert (await api.put(f"{images}/{image}/store/3", types=[])).status == 200
    assert (await api.delete(f"{images}/{image}")).status == 200
    assert await seen(api, images, image) == everywhere(GONE)


async def test_a_store_delete_of_an_image_in_use_elsewhere_leaves_it_listed(api: Api) -> None:
    """Where another scope uses the image, a store view that deletes it lists it without types, as often as it likes."""
    images = await api.product()
    image = await api.create(images, label="A", types=ALL)
    assert (await api.put(f"{images}/{image}/store/3", label="C", types=["image"])).status == 200
    for _ in range(2):
        assert (await api.delete(f"{images}/{image}/store/3")).status == 200
    assert await seen(api, images, image) == everywhere(("A", "1", "0", ALL), three=("C", "1", "0", []))
    assert (await api.delete(f"{images}/{image}/store/2")).status == 200
    assert await seen(api, images, image) == everywhere(
        ("A", "1", "0", ALL), two=("A", "1", "0", []), three=("C", "1", "0", [])
    )


async def test_a_store_delete_of_an_image_without_use_hides_it_there_for_good(api: Api) -> None:
    """Where no other scope uses the image, it is gone from that store view alone, whatever is assigned later."""
    images = await api.product()
    image = await api.create(images, label="A")
    assert (await api.put(f"{images}/{image}/store/3", label="C", types=["image"])).status == 200
    assert (await api.delete(f"{images}/{image}/store/3")).status == 200
    assert await seen(api, images, image) == everywhere(("A", "1", "0", []), three=GONE)
    assert (await api.delete(f"{images}/{image}/store/3")).status == 404
    assert (await api.put(f"{images}/{image}/store/3", label="D")).status == 404
    assert (await api.put(f"{images}/{image}", types=["image"], label="E")).status == 200
    assert await seen(api, images, image) == everywhere(("E", "1", "0", ["image"]), three=GONE)


async def test_what_the_default_store_view_deletes_is_gone_for_the_public(api: Api) -> None:
    """Deleted in the default store view, an image is gone for guests and customers who name none."""
    images = await api.product()
    image = await api.create(images, label="A")
    assert (await api.delete(f"{images}/{image}/store/default")).status == 200
    assert await seen(api, images, image) == everywhere(("A", "1", "0", []), one=GONE)
    assert await api.get(images, "customer") == []


async def test_the_store_zero_is_the_global_scope_for_an_admin(api: Api) -> None:
    """An admin who names the store 0, however it is spelled, reads and writes the global scope."""
    images = await api.product()
    image = await api.create(f"{images}/store/0", label="A")
    assert (await api.put(f"{images}/{image}/store/00", label="B", types=["image"])).status == 200
    assert await seen(api, images, image) == everywhere(("B", "1", "0", ["image"]))
    assert (await api.delete(f"{images}/{image}/store/0")).status == 200
    assert await seen(api, images, image) == everywhere(GONE)


async def test_inactive_store_views_and_codes_of_any_kind_work(api: Api) -> None:
    """An inactive store view is read and written like any other, by code and by id."""
    images = await api.product()
    image = await api.create(images, label="A")
    assert (await api.put(f"{images}/{image}/store/closed", label="N")).status == 200
    for store in ("closed", "5", "005"):
        assert (await api.get(f"{images}/{image}/store/{store}", "guest"))["label"] == "N"
