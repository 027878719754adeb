"""Finds the border of one colour around what a picture shows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final

from PIL import Image, ImageChops

from app.raster.animation.frames import frames_of, moves
from app.raster.colour.srgb import eight_bit, plain
from app.raster.steps.crop import Box, moved
from app.raster.steps.orient import Size
from app.raster.steps.view import View

_CORNER: Final = 4
"""Pixels of a corner's sides that are averaged, so that noise in one of them says nothing."""
_PIXEL: Final = (0, 0, 1, 1)
_STRIPS: Final = (16, 32, 64)
"""Rows or columns that are looked at together, from outside, the last number of them from there on: what lies inside is
never looked at, and no second picture is in memory. Few at first, for what differs by more than it may is mostly near
to what differs at all."""

_SEEN_THROUGH: Final = {"RGBA": "RGBa", "LA": "La"}
"""Modes in which all that is transparent is the same."""


_BARE: Final = ("L", "RGB", "CMYK")
"""Modes of stored pixels that say all there is of a colour, so that equal ones look the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """For each tolerance, which part of what is seen is left without its border; and which `busy` part of the stored
    pixels has all around it, as far as it is seen, one colour to the bit (None: that may be none)."""

    subjects: Mapping[int, Box]
    busy: Box | None = None


@dataclass(frozen=True, slots=True)
class _Border:
    """Its colour, and a table of the values that are none of it, channel by channel; None where all others are. `bare`
    keeps what there would be of it alone, by mode and size: most strips are alike, and to fill one costs half as much
    as to copy it."""

    colour: Sequence[int]
    others: Sequence[int] | None
    bare: dict[tuple[str, Size], Image.Image] = field(default_factory=dict)

    def left_in(self, part: Image.Image) -> Box | None:
        """Where there is something else. Most of a border has one colour to the bit, which costs a third to find out
        of what a look at each pixel's place in the table does: that is looked up only where something differs."""
        key = part.mode, part.size
        if key not in self.bare:
            self.bare[key] = Image.new(*key, tuple(self.colour))
        box = ImageChops.difference(part, self.bare[key]).getbbox(alpha_only=False)
        if box is None or self.others is None:
            return box
        seen = part.crop(box).point(self.others).getbbox(alpha_only=False)
        return seen and moved(seen, *box[:2])


def looked_through(image: Image.Image, view: View, tolerances: Collection[int]) -> Found:
    """What is left without a border: in any frame. Found among all stored pixels, in the colours of the file; where
    nothing but border is seen, all is left."""
    found: dict[int, Box] = {}
    busy: Box | None = None
    for frame, _ in frames_of(image, view.facts):
        pixels = frame.crop(view.box) if view.box else frame
        busy = subject(pixels, 0)
        for tolerance in tolerances if busy else ():
            box = subject(pixels, tolerance, within=busy)
            if box is not None:
                found[tolerance] = _both(found.get(tolerance, box), box)
    subjects = {tolerance: view.seen(box) for tolerance, box in found.items()}
    if busy is None or moves(view.facts) or plain(image.crop(_PIXEL)).mode not in _BARE:
        return Found(subjects)
    return Found(subjects, moved(busy, *view.box[:2]) if view.box else busy)


def comparable(part: Image.Image) -> Image.Image:
    """The same in a mode of 8 bits that can be compared channel by channel."""
    pixels = plain(part)
    if pixels.mode.startswith("I"):
        return eight_bit(pixels)
    mode = _SEEN_THROUGH.get(pixels.mode)
    return pixels.convert(mode) if mode else pixels


def differing(colour: Sequence[int], tolerance: int) -> list[int]:
    """A table that marks the values which are further than `tolerance` from a colour's, channel by channel."""
    return [255 * (abs(value - own) > tolerance) for own in colour for value in range(256)]


def subject(pixels: Image.Image, tolerance: int, *, within: Box | None = None) -> Box | None:
    """What is left without the border: all rows and columns with a pixel of which a channel differs by more than
    `tolerance` levels of 255 from the colour of the corners. All of a picture whose corners differ; None for one that
    shows nothing. It is looked for `within` what was left with less tolerance."""
    whole = 0, 0, *pixels.size
    colour = _corners(pixels, tolerance)
    if colour is None:
        return whole
    border = _Border(colour, differing(colour, tolerance) if tolerance else None)
    first, above, last, below = within or whole
    top = _first(pixels, border, ((first, at, last, end) for at, end in _inwards(above, below)), 1)
    if top is None:
        return None
    upwards = ((first, at, last, end) for end, at in _inwards(below, top))
    bottom = _first(pixels, border, upwards, 3) or below
    rightwards = ((at, top, end, bottom) for at, end in _inwards(first, last))
    leftwards = ((at, top, end, bottom) for end, at in _inwards(last, first))
    left, right = _first(pixels, border, rightwards, 0), _first(pixels, border, leftwards, 2)
    return left or first, top, right or last, bottom


def _inwards(outside: int, inside: int) -> Iterator[tuple[int, int]]:
    """Where strips begin and end, from outside."""
    way, at = (1 if inside > outside else -1), outside
    for wide in chain(_STRIPS, repeat(_STRIPS[-1])):
        if at == inside:
            return
        end = at + way * min(wide, abs(inside - at))
        yield at, end
        at = end


def _corners(pixels: Image.Image, tolerance: int) -> list[int] | None:
    """Their colour; None where one of them is of another."""
    wide, high = (min(_CORNER, side) for side in pixels.size)
    width, height = pixels.size
    places = [(x, y, x + wide, y + high) for x in (0, width - wide) for y in (0, height - high)]
    averages = [comparable(pixels.crop(place)).resize((1, 1), Image.Resampling.BOX).tobytes() for place in places]
    colour = [round(sum(channel) / len(channel)) for channel in zip(*averages, strict=True)]
    gaps = (abs(value - own) for average in averages for value, own in zip(average, colour, strict=True))
    return colour if max(gaps) <= tolerance else None


def _first(pixels: Image.Image, border: _Border, strips: Iterable[Box], edge: int) -> int | None:
    """That edge of what differs, in the first strip where something does."""
    for strip in strips:
        box = border.left_in(comparable(pixels.crop(strip)))
        if box:
            return box[edge] + strip[edge % 2]
    return None


def _both(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
