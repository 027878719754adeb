"""What an operator may choose beyond the original."""

import io

import pytest

from tests.pictures import encoded, picture

from .conftest import ADMIN, CUSTOMER, IMAGES, Serve, Shop, form


def webp() -> bytes:
    return encoded(picture(700, 400), "WEBP")


async def test_webp_is_refused_as_by_the_original(shop: Shop) -> None:
    """WebP is no image to Spree."""
    answer = await shop.call("POST", IMAGES, data=form(webp(), "cat.webp"))
    assert (answer.status, list(answer.json["errors"])) == (422, ["attachment_content_type", "attachment"])


@pytest.mark.parametrize("name", ["cat.webp", "cat.jpg"])
async def test_webp_is_taken_where_it_is_chosen(serve: Serve, name: str) -> None:
    """With `SPREE_FORMATS=webp` a WebP is an image like others: listed, rendered, replaced."""
    shop = await serve(spree_formats=("webp",))
    created = await shop.call("POST", IMAGES, data=form(webp(), name))
    assert (created.status, created.json["attachment_content_type"]) == (201, "image/webp")
    small = await shop.call("GET", created.json["small_url"])
    assert (small.status, small.headers["Content-Type"], small.body[8:12]) == (200, "image/webp", b"WEBP")
    broken = await shop.call("POST", IMAGES, data=form(webp()[:100], "cat.webp"))
    assert broken.status == 422
    assert io.BytesIO(small.body).getbuffer().nbytes > 100


async def test_bearer_keys_are_not_read_unless_chosen(shop: Shop) -> None:
    """`Authorization: Bearer` is no key to Spree."""
    answer = await shop.call("GET", IMAGES, None, headers={"Authorization": f"Bearer {ADMIN}"})
    assert (answer.status, answer.json) == (401, {"error": "You must specify an API key."})


async def test_bearer_keys_are_read_where_chosen(serve: Serve) -> None:
    """With `SPREE_BEARER` a bearer's key counts where the usual header is not sent, each request's own every time."""
    shop = await serve(spree_bearer=True)
    bearer = {"Authorization": f"Bearer {ADMIN}"}
    created = await shop.call("POST", IMAGES, None, headers=bearer, data=form(encoded(picture(20, 20)), "cat.png"))
    assert created.status == 201
    for _ in range(3):
        shown = await shop.call("GET", f"{IMAGES}/1", None, headers=bearer)
        assert (shown.status, shown.json) == (200, created.json)
        other = await shop.call("GET", f"{IMAGES}/1", None, headers={"Authorization": f"bearer {CUSTOMER}"})
        assert other.status == 404
        unknown = await shop.call("GET", f"{IMAGES}/1", None, headers={"Authorization": "Bearer nobody"})
        assert (unknown.status, unknown.json) == (401, {"error": "Invalid API key (nobody) specified."})
        header_wins = await shop.call("GET", f"{IMAGES}/1", CUSTOMER, headers=bearer)
        assert header_wins.status == 404
        assert (await shop.call("GET", f"{IMAGES}/1", None, headers={"Authorization": "Basic eA=="})).status == 401
    listed = await shop.call("GET", f"{IMAGES}?token={CUSTOMER}", None, headers=bearer)
    assert len(listed.json["images"]) == 1
