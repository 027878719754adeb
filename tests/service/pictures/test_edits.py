"""Edits as values: merged, brought into one form, and named."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import EditTooSmall
from app.model import NO_MARKS, Facts, MarksKey
from app.raster.steps.edit import UNEDITED, Edit
from app.service.pictures.edits.following import payload_of, picture_of
from app.service.pictures.edits.values import (
    edit_of,
    fitting,
    key_of,
    members,
    of_pixels,
    patched,
    reach_of,
    read,
    written,
)

_FRACTION = st.floats(0, 1)
_CROPS = st.tuples(_FRACTION, _FRACTION, st.floats(0.01, 1), st.floats(0.01, 1)).map(list)
_MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "rotate": st.sampled_from((None, 0, 90, 180, 270)),
        "crop": st.none() | _CROPS,
        "focal": st.none() | st.tuples(_FRACTION, _FRACTION).map(list),
    },
)


@given(_MEMBERS)
def test_an_edit_has_one_form(given: Mapping[str, Any]) -> None:
    """What is kept is read as it was, and is in its form already; what does nothing is nothing."""
    edit = edit_of(given)
    assert read(written(edit)) == edit == edit_of(members(edit))
    assert (written(edit) is None) == (edit == UNEDITED) == (members(edit) == {})


@given(_MEMBERS, _MEMBERS)
def test_a_patch_says_what_changes(before: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Members that it does not name stay, those that it names are as it says; null is no edit at all."""
    edit = patched(edit_of(before), said)  # type: ignore[arg-type]
    assert edit == edit_of({**before, **said})
    assert patched(edit, {}) == edit
    assert patched(edit, None) == UNEDITED


@given(st.integers(1, 8000), st.data())
def test_what_is_kept_of_a_crop_may_be_sent_again(side: int, data: st.DataObject) -> None:
    """Cut at pixels, up to the edge of the picture: it still reaches there, and no farther, and stays what it is."""
    left, top = (data.draw(st.integers(0, side - 1)) / side for _ in range(2))
    for width, height in ((1 - left, 1 - top), ((side - left * side) / side, (side - top * side) / side)):
        kept = edit_of({"crop": [left, top, width, height]})
        crop = kept.crop or (0.0, 0.0, 1.0, 1.0)
        assert reach_of(crop) == 1
        assert edit_of({"crop": crop}) == kept


def test_what_was_kept_with_rounded_sides_may_be_sent_again() -> None:
    """By a version that did, of a crop to the right edge of 640 pixels; under the same key."""
    crop = [0.285938, 0.0, 0.714063, 1.0]
    assert reach_of(crop) == 1
    assert edit_of({"crop": crop}).crop == tuple(crop)


def test_other_pixels_have_another_key() -> None:
    """The key is that of what changes pixels, and of the marks; a focal point counts where recipes cut, beside the
    middle."""
    turned, cropped = Edit(90), Edit(90, (0.0, 0.0, 0.5, 0.5))
    keys = [key_of(turned, NO_MARKS), key_of(cropped, NO_MARKS), key_of(turned, MarksKey("0123456789abcdef"))]
    assert len(set(keys)) == 3
    assert key_of(UNEDITED, MarksKey("0123456789abcdef")) is None
    focal = Edit(focal=(0.0, 1.0))
    assert (of_pixels(focal, covers=False), of_pixels(focal, covers=True)) == (UNEDITED, focal)
    assert of_pixels(Edit(90, focal=(0.5, 0.5)), covers=True) == turned


def test_keys_stay_what_they_are() -> None:
    """URLs were handed out with them."""
    assert key_of(Edit(90), NO_MARKS) == "49b1160f0f106983"
    assert key_of(Edit(0, (0.1, 0.25, 0.5, 0.333333)), NO_MARKS) == "6f1027e4f7ecd517"


@pytest.mark.parametrize(
    ("crop", "left"),
    [
        ((0.0, 0.0, 0.16, 1.0), True),
        ((0.0, 0.0, 0.15, 1.0), False),
        ((0.0, 0.0, 1.0, 0.08), True),
        ((0.0, 0.0, 1.0, 0.07), False),
    ],
)
def test_a_crop_leaves_sixteen_pixels(crop: tuple[float, float, float, float], left: bool) -> None:
    """Of the picture as it is seen: 100 x 200, stored the other way round."""
    facts = Facts("jpeg", 200, 100, orientation=6)
    if left:
        assert fitting(Edit(crop=crop), facts).crop == crop
    else:
        with pytest.raises(EditTooSmall):
            fitting(Edit(crop=crop), facts)


def test_a_crop_that_leaves_all_pixels_is_none() -> None:
    """Whatever its fractions are."""
    assert fitting(Edit(180, (0.001, 0.0, 0.998, 1.0)), Facts("png", 100, 100)) == Edit(180)


@pytest.mark.parametrize("key", ["", "-0123456789abcdef"])
def test_jobs_name_what_they_are_about(key: str) -> None:
    """A picture, or an edited one."""
    picture: Any = "ab" * 32 + key
    assert picture_of(payload_of(picture)) == picture
