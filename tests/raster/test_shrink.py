"""Sizes and resampling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.raster.shrink import fitted
from tests.raster.conftest import Build
from tests.raster.difference import psnr
from tests.raster.pictures import decoded, encoded, photo

sides = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1000, 400), [(48, 19), (100, 40), (240, 96), (600, 240)]),
        ((333, 777), [(21, 48), (43, 100), (103, 240), (257, 600)]),
        ((50, 2000), [(1, 48), (3, 100), (6, 240), (15, 600)]),
        ((30, 20), [(30, 20)] * 4),
    ],
)
def test_sizes_round_half_up_as_observed(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    """Sides round half up, are at least one pixel, and never grow."""
    assert expected == [fitted(size, (side, side)) for side in (48, 100, 240, 600)]


@given(sides, sides, sides, sides)
def test_fitted_sizes_stay_inside_the_box(width: int, height: int, box_width: int, box_height: int) -> None:
    """A fitted size lies inside box and source, and fills the box on one side unless the source already fits."""
    wide, high = fitted((width, height), (box_width, box_height))
    assert 1 <= wide <= min(width, box_width)
    assert 1 <= high <= min(height, box_height)
    assert (wide, high) == (width, height) or wide == box_width or high == box_height


def test_small_renditions_lose_nothing_to_being_made_from_large_ones(build: Build) -> None:
    """The largest is as good as the decoder's own pre-shrink (47 dB PSNR to a full Lanczos), the others above 50 dB."""
    source = encoded(photo(1800, 1200), "jpeg", quality=92)
    full = decoded(source)
    renditions = build(source, (450, 450), (200, 200), (100, 100), (48, 48), formats=["png"])
    for rendition, least in zip(renditions, (47, 50, 50, 50), strict=True):
        reference = full.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
        assert psnr(decoded(rendition.data), reference) >= least


def test_hidden_colours_do_not_bleed(build: Build) -> None:
    """Red behind full transparency leaves no fringe around an opaque white disc."""
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    image.paste((255, 255, 255, 255), (100, 100, 300, 300))
    (rendition,) = build(encoded(image, "png"), (50, 50))
    visible = [pixel for pixel in decoded(rendition.data).get_flattened_data() if pixel[3] > 8]
    assert min(pixel[1] for pixel in visible) > 230
