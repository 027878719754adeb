"""What is drawn with its surround filled in, beside all of it drawn."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from app.raster.steps.crop import moved
from app.raster.steps.shrink import FROM_LARGER, USUAL, in_full, resized
from app.raster.steps.surround import Surrounded

_COLOURS: Final[dict[str, Any]] = {"L": 120, "RGB": (140, 120, 100), "CMYK": (100, 110, 120, 130)}
"""Far enough from both ends that what the filters overshoot is cut off nowhere."""
_CUT_OFF: Final = [min(max(value, 70), 180) for value in range(256)]
_SIDES: Final = st.integers(3, 400)
_FRACTIONS: Final = st.sampled_from([0.0, 0.25, 0.9])


@pytest.fixture(name="second", scope="module")
def _second() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@settings(deadline=None)
@given(
    st.sampled_from(sorted(_COLOURS)), _SIDES, _SIDES, st.sampled_from(["usual", "in full", "from larger"]), st.data()
)
def test_the_same_comes_of_it(
    second: Executor, mode: str, width: int, height: int, how: str, data: st.DataObject
) -> None:
    """But for what is rounded, which the library does between two passes whose order is its own: wherever the busy
    part lies, and whatever size the image gets, or what is between edges in its outermost pixels. Outside of what is
    said to be busy of the result all pixels are equal."""
    image = Image.new(mode, (width, height), _COLOURS[mode])
    (left, right), (top, bottom) = _between(data, width), _between(data, height)
    noise = [Image.effect_noise((right - left, bottom - top), 60).point(_CUT_OFF) for _ in image.getbands()]
    image.paste(Image.merge(mode, noise), (left, top))
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    off = data.draw(st.tuples(_FRACTIONS, _FRACTIONS))
    edges = (off[0], off[1], width - off[1], height - off[0]) if any(off) else None
    scale = (width - sum(off)) / size[0]
    way = {"usual": USUAL, "in full": in_full(scale), "from larger": FROM_LARGER}[how]
    drawn = Surrounded(image, (left, top, right, bottom)).shrunk(size, edges, way, second)
    whole = resized(image, size, edges=edges, way=way)
    assert (drawn.image.mode, drawn.image.size) == (mode, size)
    assert all(most <= 2 for _, most in _extremes(ImageChops.difference(drawn.image, whole)))
    if drawn.busy:
        around = drawn.image.copy()
        around.paste(_COLOURS[mode], drawn.busy)
        assert around.getcolors(1) == [(size[0] * size[1], _COLOURS[mode])]


@settings(deadline=None)
@given(st.sampled_from(sorted(_COLOURS)), st.tuples(*[st.integers(0, 90)] * 4), st.data())
def test_the_same_comes_of_a_part_of_it(mode: str, margins: tuple[int, int, int, int], data: st.DataObject) -> None:
    """That has all which is busy, and as much around it as the filter looks at; where it has less, it says so."""
    busy = 100, 100, data.draw(st.integers(101, 300)), data.draw(st.integers(101, 300))
    image = Image.new(mode, (400, 380), _COLOURS[mode])
    noise = [Image.effect_noise((busy[2] - 100, busy[3] - 100), 60).point(_CUT_OFF) for _ in image.getbands()]
    image.paste(Image.merge(mode, noise), busy[:2])
    size = data.draw(st.integers(20, 250)), data.draw(st.integers(20, 250))
    whole = Surrounded(image, busy).shrunk(size, None, FROM_LARGER)
    left, top = busy[0] - margins[0], busy[1] - margins[1]
    box = left, top, busy[2] + margins[2], busy[3] + margins[3]
    part = Surrounded(image.crop(box), moved(busy, -left, -top))
    edges = float(-left), float(-top), float(image.width - left), float(image.height - top)
    if part.reaches(size, edges):
        drawn = part.shrunk(size, edges, FROM_LARGER)
        assert (drawn.image.mode, drawn.image.size, drawn.busy) == (mode, size, whole.busy)
        assert all(most <= 2 for _, most in _extremes(ImageChops.difference(drawn.image, whole.image)))
    else:
        assert min(margins) < 6 * max(400 / size[0], 380 / size[1])


def _between(data: st.DataObject, side: int) -> tuple[int, int]:
    first = data.draw(st.integers(0, side - 1))
    return first, data.draw(st.integers(first + 1, side))


def _extremes(image: Image.Image) -> list[Any]:
    return [band.getextrema() for band in image.split()]
