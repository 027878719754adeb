"""What an animation may take follows its frames and pixels."""

import pytest

from app.model import Facts, Recipe
from app.raster.child.allowance import Allowance, of_building, of_inspection, of_still, pixels_by, pixels_of, shares
from app.settings import Settings

LARGEST = Facts("gif", 400, 250, frames=1000)


@pytest.mark.parametrize("waited_for", [True, False])
def test_a_still_has_the_seconds_of_the_setting(waited_for: bool) -> None:
    """However large it is, and however often it is encoded."""
    still = Facts("jpeg", 12_000, 10_000)
    assert of_inspection(10, still) == of_still(10) == Allowance(10, 33)
    assert of_building(10, still, 7 * pixels_of(still), waited_for=waited_for).processor == 10


def test_an_animation_has_more_by_what_all_its_frames_show() -> None:
    """As much again for each four megapixels, and each time they are encoded."""
    assert of_inspection(10, Facts("gif", 1000, 500, frames=2)).processor == 12
    assert of_inspection(10, LARGEST) == Allowance(260, 783)
    assert of_building(10, Facts("webp", 400, 250, frames=40), 28_000_000, waited_for=False).processor == 80
    assert of_building(10, Facts("gif", 2000, 1000, frames=2), 0, waited_for=False).processor == 20


def test_a_job_has_patience_and_a_reader_has_not() -> None:
    """A job is given ten times its processor time on a machine with much else to do; whoever waits for an answer has it
    after half a minute, whatever it is."""
    assert of_building(10, LARGEST, 100_000_000, waited_for=False) == Allowance(260, 2610)
    assert of_building(10, LARGEST, 100_000_000, waited_for=True) == Allowance(260, 33)


def test_a_large_animation_is_built_recipe_by_recipe() -> None:
    """Everything else is decoded once for all recipes."""
    recipes = Settings().recipes
    assert shares(1, 120_000_000, recipes) == [recipes]
    assert shares(42, 245 * 245 * 42, recipes) == [recipes]
    assert shares(189, 250 * 175 * 189, recipes) == [[recipe] for recipe in recipes]
    assert shares(1, 1, []) == shares(189, 250 * 175 * 189, []) == []


def test_an_animation_counts_with_the_canvas_on_which_it_lies() -> None:
    """A small one that is padded is written as large as the box, up to a hundred megapixels."""
    padded = Recipe("large", (1500, 1500), fit="pad")
    assert pixels_by(padded, 10, 10_000) == 22_500_000
    assert 99_000_000 < pixels_by(padded, 400, 4_000_000) <= 100_000_000
    assert pixels_by(padded, 1, 10_000) == pixels_by(Recipe("large", (1500, 1500)), 1, 10_000) == 10_000
    small = Recipe("small", (240, 240), fit="pad")
    assert shares(10, 10_000, [padded, small]) == [[padded], [small]]
    assert shares(1, 10_000, [padded, small]) == [[padded, small]]
    assert shares(10, 10_000, [small]) == [[small]]
