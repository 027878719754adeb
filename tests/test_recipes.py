"""Recipes by settings: hashes that URLs, which are out in the world, are made of."""

from typing import Any, Final

import marshmallow
import pytest

from app.db.pool import Database
from app.service.renditions.kept_recipes import kept, register
from app.settings import Settings, options

_IN_FORCE: Final = {
    "clean": "d78f37c1",
    "large": "195751cd",
    "spree-large": "0e5b482b",
    "small": "e911599d",
    "spree-product": "638e170f",
    "spree-small": "a7e75571",
    "spree-mini": "5a63c744",
    "w320": "fe8144ac",
    "w480": "15d90557",
    "w640": "d2814741",
    "w828": "0e320bc3",
    "w1080": "3e1f23f7",
    "w1500": "09124547",
    "w2048": "d0783596",
}
_FRAMED: Final = (
    {"recipe_large_fit": "pad"},
    {"recipe_large_fit": "cover"},
    {"recipe_large_background": "#ffffff"},
    {"recipe_large_background": "#FFFF00"},
    {"recipe_large_trim": 10},
    {"recipe_large_trim": 10, "recipe_large_margin": 5},
    {"recipe_large_fit": "pad", "recipe_large_trim": 10, "recipe_large_margin": 5},
)


def test_hashes_are_those_of_the_version_before() -> None:
    """Nothing that was handed out is made anew where nobody wants another frame."""
    settings = Settings()
    recipes = (settings.clean, *settings.recipes, *settings.width_recipes)
    assert {recipe.name: recipe.hash for recipe in recipes} == _IN_FORCE
    assert Settings(keep_rights="none").clean.hash == "21fdf88d"
    assert settings.clean_marked.hash == "5dc74d90"


def test_each_frame_has_a_hash_of_its_own() -> None:
    """Of that recipe alone; how a colour is spelt does not count."""
    hashes = {Settings(**given).recipes[0].hash for given in _FRAMED}  # type: ignore[arg-type]
    assert len(hashes | {_IN_FORCE["large"]}) == len(_FRAMED) + 1
    assert {recipe.hash for recipe in Settings(recipe_large_fit="pad").recipes[1:]} < set(_IN_FORCE.values())
    spelt = [Settings(recipe_small_background=colour).recipes for colour in ("#ABCDEF", "#abcdef")]
    assert spelt[0] == spelt[1]


def test_a_margin_of_what_is_not_trimmed_changes_no_hash() -> None:
    """It would show nowhere, and every picture be built anew for it."""
    assert Settings(recipe_large_margin=5).recipes == Settings().recipes
    assert Settings(recipe_feed_margin=5).feed_recipe == Settings().feed_recipe


@pytest.mark.parametrize("colour", ["#ffffff\n", "transparent\n", "#fffffff", " #ffffff"])
def test_a_background_is_a_colour_and_nothing_else(colour: str) -> None:
    """Whoever reads it, environment or not."""
    (option,) = [one for one in options() if one.name == "recipe_feed_background"]
    with pytest.raises(marshmallow.ValidationError):
        option.metadata["parser"].deserialize(colour)


async def test_the_database_keeps_all_of_it(database: Database) -> None:
    """What was framed once can be built again after the settings have changed."""
    framed: list[dict[str, Any]] = [{}, {"recipe_feed_fit": "pad"}, *_FRAMED]
    for settings in (Settings(**given) for given in framed):
        recipes = (*settings.recipes, settings.feed_recipe)
        await register(database, recipes)
        assert [await kept(database, recipe.hash) for recipe in recipes] == list(recipes)
