"""The treatment of a picture as a list of steps: decode once, shrink, turn, convert colours, encode."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image, ImageFile

from app.model import Facts, Format, Recipe, Rendered
from app.raster.clean import cleaned
from app.raster.colour import plain, to_srgb
from app.raster.encode import encode
from app.raster.orient import Size, oriented, upright
from app.raster.shrink import draft, fitted, resized
from app.raster.sniff import mapped, open_image

_REUSE: Final = 2
"""A rendition is made from a larger one that has at least this many times its sides."""


def treat(path: Path, facts: Facts, recipes: Sequence[Recipe], formats: Sequence[Format]) -> Iterator[Rendered]:
    """Every recipe in every format; a recipe without a box gives the cleaned original in its own format."""
    upright_size = oriented((facts.width, facts.height), facts.orientation)
    sizes = [fitted(upright_size, recipe.box) if recipe.box else None for recipe in recipes]
    pictures = finished(path, facts, {size for size in sizes if size})
    for recipe, size in zip(recipes, sizes, strict=True):
        if size is None:
            yield _clean(path, facts, recipe)
            continue
        for fmt in formats:
            yield Rendered(recipe, fmt, *size, encode(pictures[size], fmt, recipe.quality))


def finished(path: Path, facts: Facts, sizes: set[Size]) -> dict[Size, Image.Image]:
    """The picture in each of `sizes`, upright and in sRGB, from one decode."""
    made: dict[Size, Image.Image] = {}
    if not sizes:
        return made
    with decoded(path, facts, sizes) as (image, profile):
        for size in sorted(sizes, key=lambda size: -size[0] * size[1]):
            source = _large_enough(made, size)
            if source is not None:
                made[size] = resized(source, size)
                continue
            small = resized(image, oriented(size, facts.orientation))
            made[size] = to_srgb(upright(small, facts.orientation), profile)
    return made


@contextmanager
def decoded(path: Path, facts: Facts, sizes: set[Size]) -> Iterator[tuple[Image.Image, bytes | None]]:
    """The first frame as it is stored, at least as large as `sizes` need, with its colour profile.

    A JPEG that ends inside its scans was accepted knowingly and is shown as far as it goes.
    """
    largest = (max(width for width, _ in sizes), max(height for _, height in sizes))
    with open_image(path, facts.format) as image:
        draft(image, oriented(largest, facts.orientation))
        ImageFile.LOAD_TRUNCATED_IMAGES = facts.format == "jpeg"
        try:
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        yield plain(image), image.info.get("icc_profile")


def _large_enough(made: dict[Size, Image.Image], size: Size) -> Image.Image | None:
    """The smallest finished picture from which `size` can be made without visible loss."""
    fit = [done for done in made if done[0] >= _REUSE * size[0] and done[1] >= _REUSE * size[1]]
    return made[min(fit)] if fit else None


def _clean(path: Path, facts: Facts, recipe: Recipe) -> Rendered:
    with mapped(path) as data:
        return Rendered(recipe, facts.format, facts.width, facts.height, cleaned(data, facts.format))
