"""Drawings with a palette stay as small as they came."""

import io
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from app.raster.animation.frames import Animation
from app.raster.encode import encode
from tests.raster.conftest import Build
from tests.raster.difference import mean_delta_e
from tests.raster.pictures import decoded, encoded, photo, smooth

SIDE = 600
INK, SKY, PAPER, NOTHING = (200, 30, 40, 255), (20, 60, 180, 255), (255, 255, 255, 255), (0, 0, 0, 0)


def drawing(ground: tuple[int, int, int, int]) -> Image.Image:
    """Flat shapes with smoothed edges on a ground, in a palette of 64 colours."""
    image = Image.new("RGBA", (SIDE * 4, SIDE * 4), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((200, 200, 2200, 2200), fill=INK)
    draw.rectangle((700, 700, 1700, 1700), fill=PAPER)
    draw.polygon([(760, 1640), (1200, 760), (1640, 1640)], fill=SKY)
    small = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return small.quantize(64, Image.Quantize.FASTOCTREE) if ground == NOTHING else small.convert("RGB").quantize(64)


def shown(image: Image.Image, ground: str) -> Image.Image:
    canvas = Image.new("RGBA", image.size, ground)
    canvas.alpha_composite(image.convert("RGBA"))
    return canvas


@pytest.mark.parametrize("ground", [NOTHING, PAPER], ids=["transparent", "opaque"])
def test_a_drawing_that_fits_comes_out_as_it_was(build: Build, ground: tuple[int, int, int, int]) -> None:
    """A PNG with a palette that needs no shrinking comes out pixel for pixel, in about the bytes it had."""
    image = drawing(ground)
    source = encoded(image, "png")
    (rendition,) = build(source, (SIDE, SIDE))
    assert decoded(rendition.data).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()
    assert len(rendition.data) <= 1.1 * len(source)


@pytest.mark.parametrize("side", [400, 250])
@pytest.mark.parametrize("ground", [NOTHING, PAPER], ids=["transparent", "opaque"])
def test_a_shrunk_drawing_has_a_palette_again(build: Build, ground: tuple[int, int, int, int], side: int) -> None:
    """It takes less than 60 % of the bytes of full colour, and looks the same on white and on black."""
    image = drawing(ground)
    (rendition,) = build(encoded(image, "png"), (side, side))
    (full,) = build(encoded(image.convert("RGBA"), "png"), (side, side))
    few, many = decoded(rendition.data), decoded(full.data)
    assert (few.mode, len(rendition.data) < 0.6 * len(full.data)) == ("P", True)
    assert max(mean_delta_e(shown(few, under), shown(many, under)) for under in ("white", "black")) < 0.7


def test_gradients_with_a_palette_get_full_colour(build: Build) -> None:
    """Where 256 colours would show as bands the shrunk picture keeps all of its own."""
    image = smooth(480, 320, "RGBA").quantize(200)
    (rendition,) = build(encoded(image, "png"), (120, 120))
    assert decoded(rendition.data).mode == "RGBA"
    (rendition,) = build(encoded(photo(480, 320).quantize(256), "png"), (240, 240))
    assert decoded(rendition.data).mode == "RGB"


def test_pictures_in_full_colour_never_lose_any(build: Build) -> None:
    """A drawing that came without a palette is the resampler's own result."""
    image = drawing(PAPER).convert("RGB")
    (rendition,) = build(encoded(image, "png"), (200, 200))
    expected = image.resize((200, 200), Image.Resampling.LANCZOS, reducing_gap=1.5)
    gap = ImageChops.difference(decoded(rendition.data).convert("RGB"), expected)
    assert max(band.getextrema()[1] for band in gap.split()) <= 2


@given(
    st.sampled_from(["L", "LA", "RGB", "RGBA"]),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 300),
    st.randoms(use_true_random=False),
)
def test_few_colours_are_written_exactly_and_never_larger(
    mode: str, width: int, height: int, colours: int, dice: Random
) -> None:
    """Whatever the mode, pixels come back as they went, in no more bytes than without a palette."""
    size = len(Image.new(mode, (1, 1)).tobytes())
    palette = [dice.randbytes(size) for _ in range(colours)]
    pixels = b"".join(dice.choice(palette) for _ in range(width * height))
    image = Image.frombytes(mode, (width, height), pixels)
    plain = io.BytesIO()
    image.save(plain, "PNG")
    data = encode(Animation(frames=[image], milliseconds=[0]), "png", {})
    assert decoded(data).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()
    assert len(data) <= len(plain.getvalue())


def test_few_greys_take_fewer_bits() -> None:
    """A plan in four greys is written with two bits of a pixel, one in forty stays grey."""
    ramp = Image.linear_gradient("L")
    modes = []
    for step in (64, 6):
        greys = ramp.point([value // step * step for value in range(256)])
        modes.append(decoded(encode(Animation(frames=[greys], milliseconds=[0]), "png", {})).mode)
    assert modes == ["P", "L"]
