"""Alternative texts of a picture, patched."""

from typing import Any, Final

import pytest

from app.errors import PictureNotFound, PreconditionFailed
from app.service.galleries.v1.texts import Texts
from tests.service.galleries.native_shop import DRESS, Shop

_FORMER: Final[Texts] = {"de_DE": {"large": "Kleid", "small": "klein"}, "fr_FR": {"large": "Robe"}}


@pytest.mark.parametrize(
    ("given", "present"),
    [
        ({"de_DE": {"small": None}}, {"de_DE": ("Kleid", None), "fr_FR": ("Robe", None)}),
        ({"en_US": {"small": "s"}}, {"de_DE": ("Kleid", "klein"), "en_US": (None, "s"), "fr_FR": ("Robe", None)}),
        ({"de_DE": None}, {"fr_FR": ("Robe", None)}),
        ({"fr_FR": {"large": None}}, {"de_DE": ("Kleid", "klein")}),
        (None, {}),
    ],
)
async def test_texts_are_patched(shop: Shop, given: Texts | None, present: dict[str, Any]) -> None:
    """What is said is changed, null takes away; a row tells it, with the picture's next revision, and so are families
    that show the picture."""
    picture = (await shop.image(await shop.add()))["picture_id"]
    await shop.texts.patch(picture, _FORMER)
    shop.reported.clear()

    [row] = await shop.log(lambda: shop.texts.patch(picture, given))

    assert await _texts(shop, picture) == present
    assert (row["kind"], row["revision"], row["after"]["picture"]) == ("picture.changed", 2, picture)
    assert shop.reported == [([DRESS], None)]


async def test_the_same_texts_are_no_change(shop: Shop) -> None:
    """What is so already makes no row and no revision."""
    picture = (await shop.image(await shop.add()))["picture_id"]
    await shop.texts.patch(picture, _FORMER)

    assert await shop.log(lambda: shop.texts.patch(picture, {"de_DE": {"large": "Kleid"}, "es_ES": None})) == []
    assert await shop.connection.fetchval("select revision from picture where id = $1", picture) == 1


async def test_texts_are_changed_at_the_revision_that_was_read(shop: Shop) -> None:
    """At another revision than the one that was read texts stay; a picture that is not there is not found."""
    picture = (await shop.image(await shop.add()))["picture_id"]
    await shop.texts.patch(picture, _FORMER, frozenset({0}))

    with pytest.raises(PreconditionFailed):
        await shop.texts.patch(picture, None, frozenset({0}))
    with pytest.raises(PictureNotFound):
        await shop.texts.patch(999, None)
    assert set(await _texts(shop, picture)) == set(_FORMER)


async def _texts(shop: Shop, picture: int) -> dict[str, tuple[str | None, str | None]]:
    rows = await shop.connection.fetch("select locale, large, small from picture_text where picture_id = $1", picture)
    return {row["locale"]: (row["large"], row["small"]) for row in rows}
