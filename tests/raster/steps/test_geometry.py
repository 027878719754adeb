"""Where pixels are after turns and crops: in numbers, and in pictures beside a second opinion."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.model import Facts
from app.raster.steps.crop import box_of, cropped, size_of, stored
from app.raster.steps.edit import Degrees, Edit
from app.raster.steps.orient import oriented, upright
from app.raster.steps.rotate import turned
from app.raster.steps.view import view_of
from tests.lengths import by_length
from tests.raster.steps.beside_sharp import IS_THERE, by_sharp, edits
from tests.raster.steps.second_opinion import by_libvips, cases, complaints, file_of

_CLOCKWISE = {0: 0, 90: -1, 180: 2, 270: 1}
_ORIENTATIONS, _TURNS = st.integers(1, 8), st.sampled_from((0, 90, 180, 270))
_SIDES = st.integers(1, 60)


def _numbered(width: int, height: int) -> Image.Image:
    """Each pixel is another one."""
    return Image.fromarray(np.arange(width * height, dtype=np.uint16).reshape(height, width).astype(np.int32), "I")


@given(_ORIENTATIONS, _TURNS, _SIDES, _SIDES)
def test_a_turn_comes_behind_the_orientation(orientation: int, degrees: Degrees, width: int, height: int) -> None:
    """What is made upright and turned clockwise then is what one orientation shows."""
    image = _numbered(width, height)
    expected = np.rot90(np.asarray(upright(image, orientation)), _CLOCKWISE[degrees])
    assert (np.asarray(upright(image, turned(orientation, degrees))) == expected).all()


@given(_ORIENTATIONS, _SIDES, _SIDES, st.data())
def test_a_box_is_found_among_stored_pixels(orientation: int, width: int, height: int, data: st.DataObject) -> None:
    """What is cropped as it is stored and made upright then is what is cropped of the upright picture."""
    image = _numbered(width, height)
    seen = upright(image, orientation)
    left, top = data.draw(st.integers(0, seen.width - 1)), data.draw(st.integers(0, seen.height - 1))
    box = (left, top, data.draw(st.integers(left + 1, seen.width)), data.draw(st.integers(top + 1, seen.height)))
    part = image.crop(stored(box, seen.size, orientation))
    assert (np.asarray(upright(part, orientation)) == np.asarray(seen.crop(box))).all()


@given(_ORIENTATIONS, _TURNS, st.integers(1, 9000), st.integers(1, 9000), st.data())
def test_what_is_left_is_known_before_a_pixel_is_decoded(
    orientation: int, degrees: Degrees, width: int, height: int, data: st.DataObject
) -> None:
    """Its size is that of the crop of the turned picture, and it lies inside what is stored."""
    fractions = st.floats(0, 0.9).map(lambda value: round(value, 6))
    left, top = data.draw(fractions), data.draw(fractions)
    crop = (left, top, 1 - left, min(0.5, 1 - top))
    facts = Facts("jpeg", width, height, orientation=orientation)
    turned_size = oriented(oriented((width, height), orientation), 6 if degrees in (90, 270) else 1)
    view = view_of(facts, Edit(degrees, crop))
    assert view.box is not None
    assert view.size == size_of(box_of(crop, turned_size))
    assert 0 <= view.box[0] <= view.box[2] <= width
    assert 0 <= view.box[1] <= view.box[3] <= height


@pytest.mark.parametrize(("decoded", "taken", "edge"), [(101, 9, 9.0), (51, 5, 4.5), (13, 2, 1.125)])
def test_of_a_smaller_decode_all_that_the_box_touches_is_taken(decoded: int, taken: int, edge: float) -> None:
    """A decoder that makes one pixel of two or of eight is followed to the fraction; what lies beyond is gone."""
    part, inside = cropped(Image.new("L", (decoded, decoded)), (0, 0, 9, 9), (101, 101))
    assert part.size == (taken, taken)
    assert inside == (0.0, 0.0, edge, edge)


def test_edited_pictures_are_those_of_libvips(tmp_path: Path) -> None:
    """Crops and turns of pictures with orientations, animations and transparency lie within a pixel of a second
    opinion."""
    found = [complaints(case, tmp_path, [by_libvips(file_of(case), case)]) for case in cases(60)]
    assert [one for some in found for one in some] == []


@pytest.mark.skipif(not IS_THERE, reason="npm's sharp is not installed (make install)")
@pytest.mark.timeout(by_length(180, 900))
def test_edited_pictures_are_those_of_sharp(tmp_path: Path) -> None:
    """Every frame of them, inside a box and covering one, around focal points on the edges, too."""
    asked = list(edits(by_length(30, 500)))
    theirs = by_sharp(asked, tmp_path)
    found = [complaints(case, tmp_path, frames) for case, frames in zip(asked, theirs, strict=True)]
    assert [one for some in found for one in some] == []
