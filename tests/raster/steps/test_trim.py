"""What is left without a border, beside a look at every pixel."""

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.raster.steps.trim import comparable, subject

_COLOURS: Final = {"L": (251,), "RGB": (252, 250, 7), "CMYK": (3, 0, 9, 4), "RGBA": (250, 251, 249, 255)}
_SIDES: Final = st.integers(9, 200)


@settings(deadline=None)
@given(st.sampled_from(sorted(_COLOURS)), _SIDES, _SIDES, st.integers(1, 30), st.booleans(), st.data())
def test_all_that_differs_is_left_and_nothing_else(
    mode: str, width: int, height: int, tolerance: int, has_noise: bool, data: st.DataObject
) -> None:
    """Single pixels anywhere, but for the corners, that are one level beyond the tolerance are no border; ones that
    are just within it are, whether the rest has one colour to the bit or noise in it."""
    chance = np.random.default_rng(data.draw(st.integers(0, 999)))
    colour = np.array(_COLOURS[mode])
    pixels = np.tile(colour, (height, width, 1))
    if has_noise:
        inner = pixels[4:-4, 4:-4] if min(width, height) > 8 else pixels[:0]
        inner += chance.integers(-tolerance, tolerance + 1, inner.shape)
    places = st.tuples(st.integers(4, height - 5), st.integers(0, width - 1), st.booleans())
    for y, x, is_seen in data.draw(st.lists(places, max_size=4)):
        band = int(chance.integers(min(3, len(colour))))
        away = -1 if colour[band] > 127 else 1
        pixels[y, x] = colour
        pixels[y, x, band] += away * (tolerance + is_seen)
    image = _image(pixels, mode)
    assert subject(image, tolerance) == _looked_for(image, tolerance)


def _image(pixels: np.ndarray, mode: str) -> Image.Image:
    data = np.clip(pixels, 0, 255).astype(np.uint8)
    return Image.frombytes(mode, (data.shape[1], data.shape[0]), data.tobytes())


def _looked_for(image: Image.Image, tolerance: int) -> Any:
    seen = np.asarray(comparable(image)).astype(int)
    seen = seen if seen.ndim == 3 else seen[..., None]
    differs = (np.abs(seen - seen[0, 0]) > tolerance).any(axis=-1)
    rows, columns = differs.any(axis=1).nonzero()[0], differs.any(axis=0).nonzero()[0]
    return (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if rows.size else None


@pytest.mark.parametrize("at", [(0, 100), (299, 100), (150, 0), (150, 199), (64, 63), (63, 64), (236, 136)])
def test_a_single_pixel_ends_a_border(at: tuple[int, int]) -> None:
    """On the outermost row or column, and on both sides of where strips that are looked at together meet."""
    image = Image.new("RGB", (300, 200), "white")
    image.putpixel(at, (244, 255, 255))
    assert subject(image, 10) == (*at, at[0] + 1, at[1] + 1)
    assert subject(image, 11) is None
