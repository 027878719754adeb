"""JPEGs of every kind, with what may be taken for a border and what may be missed of one."""

import io
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.model import Facts
from app.raster.pipeline import shrunk
from app.raster.steps.crop import Box, size_of
from app.raster.steps.frame import Drawing
from app.raster.steps.orient import oriented
from app.raster.steps.shrink import fitted
from app.raster.steps.surround import Surrounded
from app.raster.steps.trim import looked_through, subject
from app.raster.steps.view import View
from tests.pictures import picture
from tests.raster.difference import psnr

_WHITE: Final = {"L": 252, "RGB": (252, 252, 252), "CMYK": (3, 3, 3, 0)}
_BORDERS: Final = st.tuples(*[st.one_of(st.integers(0, 9), st.integers(10, 90))] * 4)
"""To the left, above, to the right and below: often of a few pixels, which lie in one block with the subject."""
_PATTERNS: Final = {
    "grey board": [(240, 240, 240), (255, 255, 255)],  # on average as light as what is around
    "coloured board": [(255, 235, 252), (235, 255, 252)],
    "dark board": [(0, 0, 0), (255, 255, 255)],
    "plain": [(200, 40, 60)] * 2,
    "nearly white": [(246, 246, 246)] * 2,
    "white": [(252, 252, 252)] * 2,
}


@pytest.fixture(name="second", scope="module")
def _second() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@st.composite
def jpegs(draw: st.DrawFn) -> Image.Image:
    """A decoded one: a subject, of a fine pattern or of none, with borders around it that may have noise in them or at
    their edge, in any order of scans and with any share of its colours."""
    mode = draw(st.sampled_from(sorted(_WHITE)))
    left, above, right, below = draw(_BORDERS)
    subject = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    size = left + subject[0] + right, above + subject[1] + below
    image = Image.new("RGB", size, (252, 252, 252))
    one, other = _PATTERNS[draw(st.sampled_from(sorted(_PATTERNS)))]
    squares = np.indices(subject[::-1]).sum(axis=0)[..., None] % 2
    image.paste(Image.fromarray(np.where(squares, one, other).astype(np.uint8)), (left, above))
    if draw(st.booleans()):
        where = draw(st.sampled_from([(0, 0), (0, size[1] - 1), (size[0] // 2, 0), (size[0] - 1, size[1] // 2)]))
        image.putpixel(where, draw(st.sampled_from([(240, 252, 252), (0, 0, 0)])))
    file = io.BytesIO()
    options: dict[str, Any] = {"subsampling": draw(st.integers(0, 2)), "progressive": draw(st.booleans())}
    image.convert(mode).save(file, "JPEG", quality=draw(st.sampled_from([60, 90, 100])), **options)
    decoded = Image.open(file)
    decoded.load()
    return decoded


def view_of(image: Image.Image, orientation: int) -> View:
    return View(Facts("jpeg", *image.size, has_alpha=False, orientation=orientation), in_full=True)


@settings(deadline=None)
@given(jpegs(), st.integers(1, 8), st.lists(st.integers(1, 60), min_size=1, max_size=3, unique=True))
def test_what_is_found_is_what_a_look_at_all_finds(image: Image.Image, orientation: int, tolerances: list[int]) -> None:
    """For every tolerance, though it is looked for only inside of what differs at all; and outside of that all pixels
    are equal."""
    view = view_of(image, orientation)
    found = looked_through(image, view, tolerances)
    boxes = {tolerance: subject(image, tolerance) for tolerance in tolerances}
    assert found.subjects == {tolerance: view.seen(box) for tolerance, box in boxes.items() if box}
    if found.busy:
        around = image.copy()
        corners = [(0, 0), (image.width - 1, image.height - 1)]
        is_outside = found.busy[0] > 0 or found.busy[1] > 0
        around.paste(image.getpixel(corners[0 if is_outside else 1]), found.busy)  # type: ignore[arg-type]
        assert found.busy == (0, 0, *image.size) or around.getcolors(1)


@settings(deadline=None)
@given(jpegs(), st.integers(1, 8), st.integers(1, 100), st.data())
def test_what_is_drawn_is_what_would_be_of_all_of_it(
    second: Executor, image: Image.Image, orientation: int, side: int, data: st.DataObject
) -> None:
    """As near as its values are rounded, and cut off where the filters overshoot: whatever part is drawn, whichever way
    up, and what is drawn from that in turn."""
    view = view_of(image, orientation)
    busy = looked_through(image, view, [10]).busy
    boxes = st.tuples(*[st.integers(0, most - 1) for most in image.size])
    left, top = data.draw(boxes)
    box = data.draw(st.sampled_from([None, (left, top, *image.size), (0, 0, left + 1, top + 1)]))
    shown = (box[2] - box[0], box[3] - box[1]) if box else image.size
    sizes = {fitted(shown if orientation < 5 else shown[::-1], (most, most)) for most in (side, max(1, side // 3))}
    drawings = {Drawing(box, size) for size in sizes}
    views = replace(view, busy=busy), view
    ours, theirs = (dict(shrunk(image, one, drawings, frozenset(), None, second)) for one in views)
    for drawing in drawings:
        assert ours[drawing].size == theirs[drawing].size == drawing.size
        assert ours[drawing].mode == theirs[drawing].mode
        assert psnr(ours[drawing], theirs[drawing]) > 40


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", [None, (0, 10, 1180, 800)])
@pytest.mark.parametrize(
    ("busy", "box"), [((240, 140, 860, 660), (180, 80, 920, 740)), ((0, 120, 860, 800), (0, 60, 900, 800))]
)
def test_a_look_at_all_is_taken_from_a_part(
    second: Executor, orientation: int, crop: Box | None, busy: Box, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That has all which is not bare, whichever way up, and whether what is busy ends within the picture or at its
    edge: it shows nearly what the stored pixels would."""
    image = Image.new("RGB", (1200, 800), (252, 252, 252))
    image.paste(picture(*size_of(busy)), busy[:2])
    view = replace(view_of(image, orientation), box=crop, busy=busy)
    part, look = Drawing(box, oriented((690, 600), orientation)), Drawing(crop, fitted(view.size, (300, 300)))
    ours = dict(shrunk(image, view, {part}, {look}, None, second))[look]
    monkeypatch.setattr(Surrounded, "reaches", lambda *_: False)
    theirs = dict(shrunk(image, view, {part}, {look}, None, second))[look]
    assert ours.size == theirs.size
    assert psnr(ours, theirs) > 38
    assert ours.tobytes() != theirs.tobytes()
