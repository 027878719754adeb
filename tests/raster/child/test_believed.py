"""Of what a child says only what it was asked for goes on."""

import pytest

from app.errors import CodecFailed
from app.model import PixelFacts, Placeholder, Recipe, Rendered
from app.raster.child.believed import believed_pixel_facts, believed_placeholder, believed_renditions

_WANTED = Recipe("small", (300, 300))
_FINE = Placeholder("3OcRJYB4d3h/iIeHeEh3eIhw+j2w", "#a98f7c")


@pytest.mark.parametrize("given", [_FINE, Placeholder(_FINE.thumbhash, None)])
def test_a_placeholder_is_believed(given: Placeholder) -> None:
    """With its colour, or without one."""
    assert believed_placeholder(given) is given


@pytest.mark.parametrize(
    "given",
    [
        None,
        "3OcRJYB4d3h/",
        Placeholder("", None),
        Placeholder("A" * 41, None),
        Placeholder('"><script>', "#a98f7c"),
        Placeholder(_FINE.thumbhash, "red"),
        Placeholder(_FINE.thumbhash, "#a98f7c\n"),
        Placeholder(b"3OcRJYB4d3h/", None),  # type: ignore[arg-type]
    ],
)
def test_what_is_none_is_not_believed(given: object) -> None:
    """Nor what is too long, or has characters of something else."""
    with pytest.raises(CodecFailed):
        believed_placeholder(given)


@pytest.mark.parametrize("given", [PixelFacts(1.0, "#ffffff", 0.5, 250.0), PixelFacts(0.0, None, None, None)])
def test_facts_of_pixels_are_believed(given: PixelFacts) -> None:
    """With all that can be found, or without."""
    assert believed_pixel_facts(given) is given


@pytest.mark.parametrize(
    "given",
    [
        None,
        PixelFacts(1.1, None, None, None),
        PixelFacts(0.5, "white", None, None),
        PixelFacts(0.5, "#ffffff", -0.1, None),
        PixelFacts(0.5, "#ffffff", 0.5, float("nan")),
        PixelFacts(0.5, "#ffffff", 0.5, 1e9),
        PixelFacts("0.5", None, None, None),  # type: ignore[arg-type]
    ],
)
def test_other_facts_are_not_believed(given: object) -> None:
    """Nor shares beyond the whole, nor what JSON could not hold."""
    with pytest.raises(CodecFailed):
        believed_pixel_facts(given)


def test_renditions_are_those_that_were_asked_for() -> None:
    """Of these recipes, in formats that there are, with a placeholder that is one."""
    fine = Rendered(_WANTED, "jpeg", 1, 1, b"x", _FINE)
    assert believed_renditions([fine], [_WANTED]) == [fine]
    other, odd = Rendered(Recipe("large", (1, 1)), "jpeg", 1, 1, b"x"), Placeholder("?", None)
    strange = Rendered(_WANTED, "jpeg", 1, 1, b"x", _FINE, PixelFacts(2.0, None, None, None))
    for given in (
        other,
        "x",
        Rendered(_WANTED, "tiff", 1, 1, b"x"),
        Rendered(_WANTED, "jpeg", 1, 1, b"x", odd),
        strange,
    ):  # type: ignore[arg-type]
        with pytest.raises(CodecFailed):
            believed_renditions([given], [_WANTED])
