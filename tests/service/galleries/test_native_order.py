"""A gallery that is put in order as a whole."""

import pytest

from app.errors import Conflict, ProductNotFound, StoreViewNotFound
from app.service.galleries.v1.input import ImageInput, StoreInput
from tests.service.galleries.native_shop import DRESS, Shop


async def test_a_gallery_is_put_in_order(shop: Shop) -> None:
    """All images get the positions 1, 2, 3 … in the order given; one row tells it, and images keep their revisions."""
    first, second, third = [await shop.add(given=ImageInput(position=place)) for place in (None, 9, 4)]
    former = (await shop.image(first))["revision"]

    [row] = await shop.log(lambda: shop.order.put("dress", [second, first, third]))

    assert await shop.positions() == [(second, 1), (first, 2), (third, 3)]
    assert (row["kind"], row["product_id"], row["image_id"]) == ("gallery.reordered", DRESS, None)
    assert row["before"] == {"scope": 0, "images": [third, second, first], "positions": [4, 9, None]}
    assert row["after"] == {"scope": 0, "images": [second, first, third]}
    assert (await shop.image(first))["revision"] == former


async def test_a_store_view_has_an_order_of_its_own(shop: Shop) -> None:
    """In a store view only its own numbers are written, for the images that it lists."""
    first, second = [await shop.add() for _ in range(2)]
    hidden = await shop.add(given=ImageInput(stores={"german": StoreInput(hidden=True)}))

    [row] = await shop.log(lambda: shop.order.put("dress", [second, first], "german"))

    assert await shop.positions() == [(first, 1), (second, 2), (hidden, 3)]
    assert await shop.stores(first) == {2: (None, 2, None, False)}
    assert await shop.stores(second) == {2: (None, 1, None, False)}
    assert row["after"] == {"scope": 2, "images": [second, first]}


async def test_the_same_order_is_no_change(shop: Shop) -> None:
    """Positions that are so already are not written, and nobody is told."""
    images = [await shop.add() for _ in range(2)]
    shop.reported.clear()

    assert await shop.log(lambda: shop.order.put("dress", images)) == []
    assert shop.reported == []


async def test_an_order_of_other_images_is_refused(shop: Shop) -> None:
    """A list that lacks an image, or has one that is not there, is a conflict, which tells those that are there."""
    images = [await shop.add() for _ in range(2)]
    for listed in (images[:1], [*images, 999], [images[0], images[0]]):
        with pytest.raises(Conflict) as refusal:
            await shop.order.put("dress", listed)
        assert refusal.value.details == {"images": images}

    with pytest.raises(ProductNotFound):
        await shop.order.put("unknown", images)
    with pytest.raises(StoreViewNotFound):
        await shop.order.put("dress", images, "klingon")
