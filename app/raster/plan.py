"""What is to be made of a picture: which rendition shows what of it, and in which drawings it is looked at."""

from collections.abc import Iterator, Mapping, Sequence

from app.model import Format, Recipe
from app.raster.facts.shown import LOOKED_AT, measures
from app.raster.placeholder import SIDE
from app.raster.steps.crop import Box
from app.raster.steps.frame import Drawing, Frame, frame_of, inside
from app.raster.steps.view import View

Planned = tuple[Recipe, Format, Frame | None]
"""One rendition; without a frame it is the cleaned original."""


def planned(
    view: View, recipes: Sequence[Recipe], formats: Sequence[Format], found: Mapping[int, Box]
) -> Iterator[Planned]:
    """`found` has what is left without a border, for the tolerances of recipes that trim."""
    own, keeps_palettes = view.facts.format, view.facts.format == "gif" and not view.is_edited
    untouched = Frame(Drawing(None, view.size), view.size)  # to encode its palettes again could only lose
    for recipe in recipes:
        if recipe.box is None:
            yield recipe, own, None
            continue
        frame = frame_of(recipe, view, found.get(recipe.trim))
        for fmt in formats:
            yield recipe, fmt, None if keeps_palettes and fmt == own and frame == untouched else frame


def drawings_of(plan: Sequence[Planned]) -> set[Drawing]:
    """What must be drawn."""
    return {frame.drawing for _, _, frame in plan if frame}


def looked_at(view: View, plan: Sequence[Planned]) -> tuple[Drawing | None, Drawing | None]:
    """In which drawings of all that is seen the picture is looked at: for what stands for it, where a rendition is
    small enough, and for what is found in its pixels, where one in its own format is large enough. One that is drawn
    anyway is taken."""
    frames = [frame for _, _, frame in plan if frame]
    sizes = [frame.drawing.size for frame in frames if frame.drawing.box == view.box]
    small = large = None
    if canvases := [frame.canvas for frame in frames if max(frame.canvas) <= SIDE]:
        fit = [size for size in sizes if max(size) <= SIDE]
        small = Drawing(view.box, max(fit)) if fit else inside(view, max(canvases))
    if any(frame and fmt == view.facts.format and measures(recipe) for recipe, fmt, frame in plan):
        least = inside(view, LOOKED_AT)
        fit = [size for size in sizes if size[0] >= least.size[0] and size[1] >= least.size[1]]
        large = Drawing(view.box, min(fit)) if fit else least
    return small, large
