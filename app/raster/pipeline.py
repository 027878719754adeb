"""The treatment of a picture as a list of steps: decode once, crop, shrink, turn, convert colours, encode."""

from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from PIL import GifImagePlugin, Image

from app.model import Facts, Format, PixelFacts, Placeholder, Recipe, Rendered
from app.raster.animation.frames import MOVING, Animation, frames_of, moves, plays_of
from app.raster.buffer import File
from app.raster.colour.srgb import plain, to_srgb
from app.raster.converted import Converted
from app.raster.encode import encode
from app.raster.facts.shown import LOOKED_AT, measures, pixel_facts_of
from app.raster.marks.model import Marks
from app.raster.marks.packet import packet
from app.raster.placeholder import SIDE, placeholder_of
from app.raster.plan import Planned, drawings_of, looked_at, planned
from app.raster.published import NOTHING, Keep, Published, published_of
from app.raster.steps.crop import Box, Edges, cropped, moved, stored
from app.raster.steps.edit import UNEDITED, Edit
from app.raster.steps.frame import Drawing, inside
from app.raster.steps.orient import Size, inverse, oriented, upright
from app.raster.steps.pad import framed
from app.raster.steps.shrink import DRAFT_GAP, FROM_LARGER, REUSE, SHARPEST, USUAL, draft, in_full
from app.raster.steps.surround import Surrounded
from app.raster.steps.trim import looked_through
from app.raster.steps.view import View, view_of

_FULL_MARKS: Final = 100
"""Pixels of the longer side below which a rendition says only how the picture was made."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Renditions' bytes, by their place in the plan, what stands for the picture where one is small enough, and what
    was found in its pixels where one is large enough."""

    data: Mapping[int, bytes | None]
    placeholder: Placeholder | None = None
    pixel_facts: PixelFacts | None = None


def rendered(
    file: File,
    facts: Facts,
    recipes: Sequence[Recipe],
    formats: Sequence[Format],
    keep: Keep,
    edit: Edit = UNEDITED,
) -> Iterator[Rendered]:
    """Every recipe in every format, of what an edit shows; a recipe without a box gives the cleaned original in its own
    format, which no edit changes, and which also takes the place of an animated GIF that could only be larger than it.

    A JPEG that ends inside its scans was accepted knowingly and is shown as far as it goes.
    """
    view = view_of(facts, edit)
    with published_of(file, facts, keep) as source:
        plan, drawn = _drawn(source, view, recipes, formats)
        for number, (recipe, fmt, frame) in enumerate(plan):
            data = drawn.data.get(number)
            if frame is None or data is None:
                yield _as_it_is(source, facts, recipe, drawn)
            else:
                small = drawn.placeholder if max(frame.canvas) <= SIDE else None
                yield Rendered(recipe, fmt, *frame.canvas, data, small, drawn.pixel_facts)


def _as_it_is(source: Published | Converted, facts: Facts, recipe: Recipe, drawn: _Drawn) -> Rendered:
    """The cleaned original, or what takes it for a rendition."""
    size = facts.width, facts.height
    if recipe.box is None:
        return Rendered(recipe, facts.format, *size, source.public(source.marks))
    small = _stands_for(source, facts) if max(size) <= SIDE else None
    found = drawn.pixel_facts or (_found_in(source, View(facts)) if measures(recipe) else None)
    return Rendered(recipe, facts.format, *size, source.public(_shown_at(size, source.marks)), small, found)


def placeholder(file: File, facts: Facts) -> Placeholder:
    """What stands for a picture, of which a small rendition is in the file."""
    with published_of(file, facts, NOTHING) as source:
        return _stands_for(source, facts)


def pixel_facts(file: File, facts: Facts) -> PixelFacts:
    """What is found in a picture's pixels."""
    with published_of(file, facts, NOTHING) as source:
        return _found_in(source, View(facts).still)


def _stands_for(source: Published | Converted, facts: Facts) -> Placeholder:
    """All frames are read: a source remembers how far it was."""
    return placeholder_of(_first_frame(source, View(facts), (SIDE, SIDE)))


def _found_in(source: Published | Converted, view: View) -> PixelFacts:
    return pixel_facts_of(_first_frame(source, view, LOOKED_AT))


def _first_frame(source: Published | Converted, view: View, box: Size) -> Image.Image:
    look = inside(view, box)
    width, height = (ceil(side * REUSE / DRAFT_GAP) for side in look.size)
    with ThreadPoolExecutor(1) as second, decoded(source, view, {Drawing(look.box, (width, height))}) as image:
        ((_, animation),) = finished(image, view, frozenset(), {look}, source.profile(image), second)
        return animation.frames[0]


def _drawn(
    source: Published | Converted, view: View, recipes: Sequence[Recipe], formats: Sequence[Format]
) -> tuple[Sequence[Planned], _Drawn]:
    """The plan, and what must be drawn of it. What is to be trimmed shows only among all of the pixels, in all frames:
    a decoder that makes one of several would lose what is thin, and less of it in larger company."""
    plan = list(planned(view, recipes, formats, {}))
    tolerances = {recipe.trim for recipe in recipes if recipe.trim}
    drawings = drawings_of(plan)
    if not drawings and not tolerances:
        return plan, _Drawn({})
    view = replace(view, in_full=bool(tolerances) and view.facts.format == "jpeg")
    with decoded(source, view, frozenset() if tolerances else drawings) as image:
        if tolerances:
            found = looked_through(image, view, tolerances)
            plan = list(planned(view, recipes, formats, found.subjects))
            view = replace(view, busy=found.busy)
        is_still = all(frame and fmt not in MOVING for _, fmt, frame in plan)  # then the first frame is enough
        return plan, _encoded(source, view.still if is_still else view, plan, image)


def _encoded(source: Published | Converted, view: View, plan: Sequence[Planned], image: Image.Image) -> _Drawn:
    """A second thread encodes while the next size is made."""
    futures: dict[int, Future[bytes | None]] = {}
    stands: Future[Placeholder] | None = None
    found: Future[PixelFacts] | None = None
    small, large = looked_at(view, plan)
    has_palettes = view.facts.format == "gif" and not view.is_edited
    most = len(source.data) if isinstance(source, Published) and has_palettes else None
    drawings = drawings_of(plan)
    looks = {look for look in (small, large) if look} - drawings
    with ThreadPoolExecutor(1) as second:
        for done, animation in finished(image, view, drawings, looks, source.profile(image), second):
            if done == small:
                stands = second.submit(placeholder_of, animation.frames[0])
            if done == large:
                found = second.submit(pixel_facts_of, animation.frames[0])
            for number, (recipe, fmt, frame) in enumerate(plan):
                if frame and frame.drawing == done:
                    given = packet(_shown_at(frame.canvas, source.marks))
                    limit = most if frame.is_bare and done.box is None else None
                    ready = framed(animation, frame, fmt)
                    futures[number] = second.submit(encode, ready, fmt, recipe.quality, given, limit)
        data = {number: one.result() for number, one in futures.items()}
        return _Drawn(data, stands.result() if stands else None, found.result() if found else None)


def _shown_at(size: Size, marks: Marks) -> Marks:
    """Those of a picture that a rendition of this size carries."""
    return marks if max(size) >= _FULL_MARKS else marks.brief


def finished(
    image: Image.Image,
    view: View,
    drawings: Set[Drawing],
    looks: Set[Drawing],
    profile: bytes | None,
    second: Executor,
) -> Iterator[tuple[Drawing, Animation]]:
    """Each of `drawings` as soon as it is complete, upright and in sRGB, from one decode of each frame; and `looks` of
    the first frame."""
    facts = view.facts
    animations = {one: Animation(plays_of(image, facts.format), indexed=image.mode == "P") for one in drawings | looks}
    frames = facts.frames if moves(facts) else 1
    for number, (frame, milliseconds) in enumerate(frames_of(image, facts), start=1):
        for drawing, small in shrunk(frame, view, drawings, looks if number == 1 else frozenset(), profile, second):
            animation = animations[drawing]
            animation.frames.append(small.copy() if small is image else small)  # encoders would ask the file
            animation.milliseconds.append(milliseconds)
            if number == frames or drawing in looks:
                yield drawing, animation


@contextmanager
def decoded(source: Published | Converted, view: View, drawings: Set[Drawing]) -> Iterator[Image.Image]:
    """The picture as it is stored, ready to be decoded at least as large as `drawings` need; without any in full."""
    GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_ALWAYS
    with source.opened() as image:
        needed = [view.decoded_for(drawing.size, drawing.box) for drawing in drawings]
        if needed:
            draft(image, (max(width for width, _ in needed), max(height for _, height in needed)))
        yield image


def shrunk(
    frame: Image.Image,
    view: View,
    drawings: Set[Drawing],
    looks: Set[Drawing],
    profile: bytes | None,
    second: Executor,
) -> Iterator[tuple[Drawing, Image.Image]]:
    """Each of `drawings` of a frame, and of `looks` at it: the largest from the decoded pixels, small ones from larger
    ones."""
    made: dict[Drawing, Surrounded] = {}
    parts = _Parts(frame, (view.facts.width, view.facts.height), view.busy)
    orientation = view.facts.orientation
    for drawing in sorted(drawings | looks, key=lambda one: -one.size[0] * one.size[1]):
        source = _larger(made, drawing) or (_larger_part(made, drawing, view) if drawing in looks else None)
        if source is not None:
            larger, edges = source
            made[drawing] = larger.shrunk(drawing.size, edges, FROM_LARGER)
        else:
            size = oriented(drawing.size, orientation)
            part, edges = parts.of(drawing.box, size)
            scale = (edges[2] - edges[0] if edges else part.image.width) / size[0]
            usual = in_full(scale) if view.in_full else USUAL
            small = part.shrunk(size, edges, SHARPEST if drawing in looks else usual, None if made else second)
            busy = small.busy and stored(small.busy, small.image.size, inverse(orientation))
            made[drawing] = Surrounded(to_srgb(upright(small.image, orientation), profile), busy)
        yield drawing, made[drawing].image


@dataclass(slots=True)
class _Parts:
    """Parts of a frame of a picture of `size`, in a mode that can be resampled: cut out before, and one at a time,
    since that mode may take four times the memory. Outside of what is `busy` of it, it has one colour."""

    frame: Image.Image
    size: Size
    busy: Box | None
    _last: tuple[Box | None, Surrounded, Edges | None] | None = None

    def of(self, box: Box | None, size: Size) -> tuple[Surrounded, Edges | None]:
        """What `size` can be made of, with the edges of what `box` is of it (None: all). Nothing is cut out where a
        surround hides all beyond."""
        whole = Surrounded(self.frame, self.busy)
        if box and plain(self.frame) is self.frame and whole.has_room(size, box):
            left, top, right, bottom = box
            return whole, (left, top, right, bottom)
        if self._last is None or self._last[0] != box:
            self._last = None
            part, edges = cropped(self.frame, box, self.size) if box else (self.frame, None)
            busy = moved(self.busy, -box[0], -box[1]) if self.busy and box else self.busy
            self._last = box, Surrounded(plain(part), busy), edges
        return self._last[1:]


def _larger(made: Mapping[Drawing, Surrounded], drawing: Drawing) -> tuple[Surrounded, Edges | None] | None:
    """The smallest finished picture of the same from which one can be made without visible loss; all of it."""
    width, height = (REUSE * side for side in drawing.size)
    fit = [one for one in made if one.box == drawing.box and one.size[0] >= width and one.size[1] >= height]
    return (made[min(fit, key=lambda one: one.size)], None) if fit else None


def _larger_part(
    made: Mapping[Drawing, Surrounded], drawing: Drawing, view: View
) -> tuple[Surrounded, Edges | None] | None:
    """Likewise for one of all that is seen, a picture of a part beyond which all is bare; between which edges."""
    for one in sorted(made, key=lambda one: one.size) if drawing.box == view.box else ():
        if one.box is None:
            continue
        left, top, right, bottom = edges = view.around(one.box, one.size)
        scale = min((right - left) / drawing.size[0], (bottom - top) / drawing.size[1])
        if scale >= REUSE and made[one].reaches(drawing.size, edges):
            return made[one], edges
    return None
