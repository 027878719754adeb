"""Sizes and resampling."""

import io
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from app.errors import CodecFailed
from app.model import Recipe
from app.raster.child import work as child
from app.raster.steps.shrink import draft, fitted, in_full, resized
from tests.raster.conftest import LIMITS, Build, Write
from tests.raster.difference import psnr
from tests.raster.pictures import decoded, encoded, photo

sides = st.integers(1, 20_000)


@pytest.fixture(name="second")
def _second() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


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
    visible = [pixel for pixel in decoded(rendition.data).convert("RGBA").get_flattened_data() if pixel[3] > 8]
    assert min(pixel[1] for pixel in visible) > 230


@pytest.mark.parametrize("mode", ["L", "La", "RGB", "RGBa", "CMYK"])
@pytest.mark.parametrize("size", [(1000, 400), (601, 243), (333, 777), (7, 499)])
def test_two_threads_shrink_as_one_does(second: Executor, mode: str, size: tuple[int, int]) -> None:
    """No value differs by more than rounding may, at the seam neither."""
    image = photo(1001, 813, mode.upper()).convert(mode)
    by_two, by_one = resized(image, size, second=second), resized(image, size)
    gap = max(extrema[1] for extrema in _bands(ImageChops.difference(by_two, by_one)))
    assert (by_two.size, by_two.mode, gap <= 2) == (size, mode, True)
    assert psnr(by_two, by_one) > 55


def _bands(image: Image.Image) -> list[tuple[int, int]]:
    return [band.getextrema() for band in image.split()]


def test_two_threads_shrink_far_as_well_as_one_does(second: Executor) -> None:
    """Where an averaging pre-shrink goes before, halves are as near to a full Lanczos as the whole, at the seam too."""
    image, size = photo(2400, 1600), (400, 267)
    full = image.resize(size, Image.Resampling.LANCZOS)
    seam = (0, 123, 400, 143)
    by_two, by_one = resized(image, size, second=second), resized(image, size)
    assert psnr(by_two, full) > psnr(by_one, full) - 0.2
    assert psnr(by_two.crop(seam), full.crop(seam)) > psnr(by_one.crop(seam), full.crop(seam)) - 0.5


@pytest.mark.parametrize("side", [1100, 620, 480, 250, 100])
def test_what_a_decoder_did_not_shrink_is_shrunk_no_worse(second: Executor, side: int) -> None:
    """A JPEG that was decoded in full is as near to a full Lanczos as one of which the decoder has left out what it
    could; nearer than that is at worst, which is 41 dB in pictures with grain, where it could leave out nothing."""
    data = encoded(photo(1200, 800), "jpeg", quality=95)
    size = fitted((1200, 800), (side, side))
    whole = decoded(data)
    reference = whole.resize(size, Image.Resampling.LANCZOS)
    with Image.open(io.BytesIO(data)) as image:
        draft(image, size)
        least = min(44.0, psnr(resized(image, size), reference) - 0.5)
    assert psnr(resized(whole, size, way=in_full(1200 / size[0]), second=second), reference) >= least


def test_renditions_come_in_the_order_of_their_recipes(build: Build) -> None:
    """Whichever was finished first, each stands at its recipe's and format's place, and holds that picture."""
    boxes = [(48, 48), (300, 300), None, (100, 100)]
    renditions = build(encoded(photo(600, 400), "jpeg"), *boxes, formats=["png", "webp"])
    found = [(rendition.recipe.name, rendition.format, decoded(rendition.data).size) for rendition in renditions]
    assert found == [
        ("r0", "png", (48, 32)),
        ("r0", "webp", (48, 32)),
        ("r1", "png", (300, 200)),
        ("r1", "webp", (300, 200)),
        ("r2", "jpeg", (600, 400)),
        ("r3", "png", (100, 67)),
        ("r3", "webp", (100, 67)),
    ]


def test_what_an_encoder_refuses_is_told(write: Write) -> None:
    """A picture too wide for WebP fails with an error of the service's own family."""
    path = write(encoded(Image.new("L", (17_000, 8)), "png"))
    with pytest.raises(CodecFailed):
        child.run(9, child.build, path, LIMITS, [Recipe("wide", (20_000, 20_000))], ("webp",), True)
