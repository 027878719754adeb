"""What is found in a picture's pixels: on pictures of which it is known, and with pyvips for a second opinion."""

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import pyvips
from PIL import Image, ImageDraw, ImageFilter

from app.model import PixelFacts
from app.raster.child import work as child
from app.raster.child.believed import believed_pixel_facts
from app.raster.facts.shown import pixel_facts_of
from tests.lengths import by_length
from tests.pictures import encoded, picture
from tests.raster.conftest import LIMITS, Build, Write

_MADE: Final = by_length(24, 200)
_LAPLACIAN: Final = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]


def on(colour: Any, size: tuple[int, int], box: tuple[int, int, int, int], mode: str = "RGB") -> Image.Image:
    """A dark subject on one colour."""
    image = Image.new(mode, size, colour)
    image.paste(40 if mode == "L" else (40, 60, 90, 255)[: len(mode)], box)
    return image


def as_jpeg(image: Image.Image, quality: int = 75) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data)


@pytest.mark.parametrize(
    ("image", "white", "colour", "fill"),
    [
        (on("white", (300, 300), (45, 45, 255, 255)), 1.0, "#ffffff", 0.7),
        (on("white", (1500, 3000), (300, 300, 1200, 2700)), 1.0, "#ffffff", 0.8),
        (on((250, 250, 250), (300, 300), (0, 0, 0, 0)), 1.0, "#fafafa", 0.0),
        (on((255, 249, 255), (300, 300), (100, 100, 200, 130)), 0.0, "#fff9ff", 0.3333),
        (as_jpeg(on("white", (900, 900), (90, 300, 810, 600))), 1.0, "#ffffff", 0.8),
        (on(255, (300, 300), (150, 150, 300, 300), "L"), 0.7458, None, None),
        (on((0, 0, 0, 0), (300, 200), (30, 50, 270, 150), "RGBA"), 1.0, "#ffffff", 0.8),
        (on((255, 255, 255, 255), (300, 200), (60, 50, 240, 150), "RGBA"), 1.0, "#ffffff", 0.6),
        (Image.linear_gradient("L").convert("RGB"), 0.2589, None, None),
        (Image.new("RGB", (1, 1), "red"), 0.0, "#ff0000", 0.0),
        (Image.new("L", (400, 1), 255), 1.0, "#ffffff", 0.0),
    ],
)
def test_border_and_subject(image: Image.Image, white: float, colour: str | None, fill: float | None) -> None:
    """White is 250 in every channel; a subject that touches the border leaves it no colour, and no fill."""
    found = pixel_facts_of(image)
    assert (found.border_white, found.border_color) == (pytest.approx(white, abs=0.005), colour)
    assert found.fill == (fill if fill is None else pytest.approx(fill, abs=0.008))


def test_a_white_subject_shows_on_what_is_transparent() -> None:
    """Flattened nobody could see it; half transparent pixels belong to it."""
    image = Image.new("RGBA", (300, 300), (255, 255, 255, 0))
    image.paste((255, 255, 255, 128), (75, 75, 225, 225))
    assert pixel_facts_of(image) == PixelFacts(1.0, "#ffffff", 0.5, 0.0)


def test_blur_falls_with_what_is_blurred() -> None:
    """Whatever size it comes in; too few pixels have none."""
    sharp = picture(900, 600)
    blurs = [pixel_facts_of(sharp.filter(ImageFilter.GaussianBlur(radius))).blur or 0 for radius in (0, 3, 6, 12, 24)]
    assert blurs == sorted(blurs, reverse=True)
    assert blurs[0] > 4 * blurs[2] > 16 * blurs[4]
    assert pixel_facts_of(Image.new("RGB", (9, 2))).blur is None


def made(seed: int) -> Image.Image:
    """A picture that may lie on either side of any limit."""
    chance = random.Random(seed)
    size = chance.randint(40, 700), chance.randint(40, 700)
    light = chance.choice([(255, 255, 255), (251, 252, 250), (249, 255, 255), (200, 30, 60), (0, 0, 0)])
    image = Image.new("RGB", size, light)
    left, top = (chance.randint(-5, side // 2) for side in size)
    box = left, top, chance.randint(left + 9, size[0] + 5), chance.randint(top + 9, size[1] + 5)
    drawn = ImageDraw.Draw(image)
    (drawn.ellipse if seed % 2 else drawn.rectangle)(box, fill=(90, 120, 60))
    for _ in range(30):
        at = chance.randint(left, box[2]), chance.randint(top, box[3])
        drawn.line((at, (at[0] + 9, at[1] + 5)), fill=(140, 90, chance.randint(0, 120)), width=2)
    return image.filter(ImageFilter.GaussianBlur(seed % 5 / 2))


def second_opinion(image: Image.Image) -> tuple[float, bool, float, float]:
    """By pyvips: the share of white in the border, whether one colour has it, the subject's share and the variance."""
    whole = pyvips.Image.new_from_memory(image.tobytes(), *image.size, 3, "uchar")
    small = whole.thumbnail_image(300, height=300, size="down") if max(image.size) > 300 else whole
    width, height = small.width, small.height
    thick = max(1, round(max(width, height) / 100))
    inner = pyvips.Image.black(width - 2 * thick, height - 2 * thick)
    border = inner.embed(thick, thick, width, height, extend="background", background=255) > 0
    count = border.avg() / 255 * width * height
    colour = [_median(band, border) for band in small.bandsplit()]
    white = ((small >= 250).bandand() & border).avg() / 255 * width * height / count
    alike = (((small - colour).abs() <= 10).bandand() & border).avg() / 255 * width * height / count
    others = ((small - colour).abs() > 10).bandor()
    columns, rows = others.project()
    seen = max(_extent(columns), _extent(rows)) / max(width, height)
    grey = (small * [0.299, 0.587, 0.114]).bandmean() * 3
    sharp = grey.conv(pyvips.Image.new_from_array(_LAPLACIAN), precision="float")
    return white, alike >= 0.99, seen, sharp.crop(1, 1, width - 2, height - 2).deviate() ** 2


def _median(band: pyvips.Image, mask: pyvips.Image) -> int:
    values = sorted(value for value, inside in zip(_values(band), _values(mask), strict=True) if inside)
    return values[(len(values) - 1) // 2]


def _values(band: pyvips.Image) -> bytes:
    return bytes(band.cast("uchar").write_to_memory())


def _extent(projected: pyvips.Image) -> int:
    filled = [place for place, count in enumerate(projected.numpy().flatten()) if count]
    return filled[-1] - filled[0] + 1 if filled else 0


@pytest.mark.parametrize("pixels", ["board", "black", "white", "columns", "one"])
def test_the_extremes_are_believed(pixels: str) -> None:
    """Of whatever picture, what is found is within what the service believes of a child."""
    image = Image.new("1", (64, 48), pixels == "white")
    for x in range(64):
        for y in range(48):
            if {"board": (x + y) % 2, "columns": x % 2, "one": (x, y) == (30, 20)}.get(pixels):
                image.putpixel((x, y), 1)
    for shown in (image.convert("L"), image.convert("RGB"), image.convert("RGBA")):
        facts = pixel_facts_of(shown)
        assert believed_pixel_facts(facts) is facts
        assert facts.blur is not None
        assert (facts.blur == 0) == (pixels in {"black", "white"})


def test_pyvips_finds_the_same() -> None:
    """On pictures made at random, shrunk by its own means: shares within a pixel's row, blur within a tenth."""
    differing = []
    for seed in range(_MADE):
        found = pixel_facts_of(made(seed))
        white, is_uniform, fill, blur = second_opinion(made(seed))
        near = abs(found.border_white - white) < 0.02, abs((found.blur or 0) - blur) < 3 + 0.1 * blur
        same = is_uniform == (found.border_color is not None)
        if not (all(near) and same and (found.fill is None or abs(found.fill - fill) < 0.012)):
            differing.append((seed, found, white, is_uniform, fill, blur))
    assert differing == []


@pytest.mark.parametrize("fmt", ["jpeg", "png", "gif", "webp"])
def test_every_build_of_a_large_size_tells_them(build: Build, write: Write, fmt: Any) -> None:
    """Those that are large enough to look at, in the picture's own format; a GIF that is kept as it is, too. Whoever
    looks at the picture alone finds the same."""
    moving = {"save_all": True, "append_images": [picture(250, 200)]} if fmt in {"gif", "webp"} else {}
    data = encoded(on("white", (250, 200), (50, 50, 200, 150)), fmt, **moving)
    large, small = build(data, (300, 300), (40, 40))
    assert large.pixel_facts == child.pixel_facts(write(data), LIMITS)
    assert large.pixel_facts is not None
    assert (large.pixel_facts.border_color, large.pixel_facts.fill) == ("#ffffff", pytest.approx(0.6, abs=0.01))
    assert [one.pixel_facts for one in build(data, (299, 400))] == [None]
    assert [one.pixel_facts for one in build(data, (300, 300), formats=("avif",))] == [None]
    assert small.recipe.box == (40, 40)


def test_it_is_seen_upright(build: Build, tmp_path: Path, inspect: Callable[[bytes], Any]) -> None:
    """The outermost one per cent belongs to the picture as it is seen: here black lies on the right."""
    image = on("white", (300, 200), (0, 0, 300, 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    (turned,) = build(encoded(image, exif=exif), (300, 300))
    (plain,) = build(encoded(image), (300, 300))
    assert turned.pixel_facts is not None
    assert plain.pixel_facts is not None
    assert turned.pixel_facts.border_white == pytest.approx(plain.pixel_facts.border_white, abs=0.01)
