"""Every animation that is accepted is rendered, and no rendition of a GIF is larger than what it was made from."""

import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageFilter

from app.events import CodecChildLost, Event
from app.model import Recipe
from app.raster.animation.frames import Animation
from app.raster.animation.gif_writer import write
from app.raster.child.pool import CodecPool
from app.settings import Settings
from tests.lengths import by_length
from tests.raster.conftest import Build
from tests.raster.difference import mean_delta_e
from tests.raster.pictures import decoded, encoded

FRAMES = int(os.environ.get("FRAMES", "50"))
"""Of a picture with a tenth of a megapixel; 1,000 are the limits of intake (`make animation-at-limits`)."""
SETTINGS = Settings(codec_processes=1)
_MARGIN = 24
_NOISE = random.Random(7).randbytes


def coarse(width: int, height: int) -> Image.Image:
    """Noise of two pixels' width, which is as hard to compress as a photograph in motion."""
    size = (width // 2 + 1, height // 2 + 1)
    noise = Image.frombytes("RGB", size, _NOISE(3 * size[0] * size[1]))
    return noise.resize((width, height), Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(1))


def moving(width: int, height: int, frames: int, colours: int = 256) -> Iterator[Image.Image]:
    """A camera that pans over noise: every pixel of every frame is another."""
    scene = coarse(width + _MARGIN, height + _MARGIN)
    for number in range(frames):
        left, top = 5 * number % _MARGIN, 7 * number % _MARGIN
        frame = scene.crop((left, top, left + width, top + height))
        yield frame.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def gif(frames: Iterator[Image.Image]) -> bytes:
    first = next(frames)
    return encoded(first, "gif", save_all=True, append_images=frames, duration=50, loop=0, optimize=False)


def frames_of(data: bytes) -> int:
    return int(getattr(decoded(data), "n_frames", 1))


@pytest.fixture(name="pool")
async def _pool(reported: list[Event]) -> AsyncIterator[CodecPool]:
    pool = CodecPool(SETTINGS, reported.append)
    yield pool
    await pool.close()


LARGE: Final = [(245, 245, 42), (560, 888, 34), *by_length([], [(250, 175, 189)])]
"""Width, height, frames."""


@pytest.mark.timeout(300)  # seconds of processor time each, on a machine that may have much else to do
@pytest.mark.parametrize(("width", "height", "frames"), LARGE)
async def test_long_animations_are_rendered(
    pool: CodecPool, reported: list[Event], tmp_path: Path, width: int, height: int, frames: int
) -> None:
    """An animation that is shrunk by a little, which takes longest, keeps all its frames and is never larger than the
    cleaned original."""
    path = tmp_path / "picture"
    path.write_bytes(gif(moving(width, height, frames)))
    facts = await pool.inspect(path)
    assert (facts.width, facts.height, facts.frames) == (width, height, frames)
    (clean,) = await pool.build(path, [SETTINGS.clean])
    (product,) = [recipe for recipe in SETTINGS.recipes if recipe.name == "spree-product"]
    (made,) = await pool.build(path, [product])
    assert made.format == "gif"
    assert frames_of(made.data) == frames
    assert len(made.data) <= len(clean.data)
    assert not [event for event in reported if isinstance(event, CodecChildLost)]


@pytest.mark.timeout(1200)  # two minutes for the limits of intake, on a machine that has nothing else to do
async def test_the_limits_of_intake_are_those_of_rendering(
    pool: CodecPool, reported: list[Event], tmp_path: Path
) -> None:
    """An animation as long as `FRAMES` says is looked at and built in the recipe that takes longest."""
    path = tmp_path / "picture"
    path.write_bytes(gif(moving(316, 316, FRAMES, colours=16)))
    assert (await pool.inspect(path)).frames == FRAMES
    (small,) = [recipe for recipe in SETTINGS.recipes if recipe.name == "small"]
    (made,) = await pool.build(path, [small])
    assert frames_of(made.data) == FRAMES
    assert not [event for event in reported if isinstance(event, CodecChildLost)]


async def test_a_small_animation_is_padded_whole(tmp_path: Path) -> None:
    """Canvases are made one at a time, and are smaller where there are many: with all frames, in the box's ratio."""
    path = tmp_path / "picture"
    path.write_bytes(gif(Image.new("P", (60, 40), number % 200) for number in range(100)))
    recipe = Recipe("large", (1500, 1000), fit="pad", background="#ffffff")
    pool = CodecPool(Settings(codec_processes=1, codec_memory_bytes=256 * 1024 * 1024))
    (made,) = await pool.build(path, [recipe])
    await pool.close()
    image = decoded(made.data)
    assert (image.size, frames_of(made.data)) == ((made.width, made.height), 100)
    assert made.width * made.height * 100 <= 100_000_000
    assert (made.width, made.height) == (1224, 816)
    grey = image.convert("RGB").point(lambda value: 255 * (value < 128)).getbbox()
    assert grey == (582, 388, 642, 428)


def checked() -> Image.Image:
    """Two colours that take turns, and many more wherever it is shrunk."""
    image = Image.new("P", (250, 176))
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.frombytes(bytes((column + row) % 2 for row in range(176) for column in range(250)))
    return image


def test_an_animation_that_only_grows_gives_way_to_its_original(build: Build) -> None:
    """Where neither fewer colours nor fewer changes are enough the cleaned original is the rendition: in its own
    format, and with the size that it has."""
    other = checked().point(lambda value: 1 - value)
    source = gif(iter([checked(), other] * 3))
    rendition, clean = build(source, (240, 240), None)
    assert len(rendition.data) <= len(clean.data)
    assert (rendition.format, (rendition.width, rendition.height)) == ("gif", decoded(rendition.data).size)
    assert frames_of(rendition.data) == 6


def test_a_still_that_only_grows_keeps_its_size_and_its_colours(build: Build) -> None:
    """A page counts on the size of a still, and a few bytes more are no harm."""
    (rendition,) = build(encoded(checked(), "gif"), (240, 240))
    assert (rendition.width, rendition.height) == decoded(rendition.data).size == (240, 169)
    smooth = checked().convert("RGB").resize((240, 169), Image.Resampling.LANCZOS)
    assert mean_delta_e(decoded(rendition.data).convert("RGB"), smooth) <= 1


def test_fewer_colours_come_before_the_original(build: Build) -> None:
    """A GIF that shrinks by a few pixels stays below its source, is shrunk and looks like it."""
    source = gif(moving(250, 175, 12, colours=128))
    rendition, clean = build(source, (240, 240), None)
    assert (rendition.width, rendition.height) == decoded(rendition.data).size == (240, 168)
    assert len(rendition.data) < len(clean.data)
    assert frames_of(rendition.data) == 12
    expected = decoded(source).convert("RGB").resize((240, 168), Image.Resampling.LANCZOS)
    assert mean_delta_e(decoded(rendition.data).convert("RGB"), expected) <= 6


def test_frames_that_change_little_cost_little(build: Build) -> None:
    """A frame without a change has a palette of two colours, not of 256."""
    still = next(moving(100, 100, 1))
    frames = [still.copy() for _ in range(50)]
    for number, frame in enumerate(frames):
        frame.putpixel((number, 0), number)
    one, many = (build(gif(iter(some)), (90, 90))[0].data for some in (frames[:1], frames))
    assert frames_of(many) >= 49
    assert (len(many) - len(one)) / 49 < 400


def test_a_still_of_an_animation_decodes_one_frame(build: Build) -> None:
    """Formats that stand still need nothing behind the first frame, in any number of sizes."""
    source = gif(moving(120, 80, 3))
    first, second = build(source, (60, 60), (30, 30), formats=["avif"])
    assert (decoded(first.data).size, decoded(second.data).size) == ((60, 40), (30, 20))


def test_the_limits_are_those_that_come_with_the_service() -> None:
    """1,000 frames of 316 × 316 pixels are as much as is accepted."""
    assert (Settings().max_frames, Settings().max_total_pixels) == (1000, 100_000_000)
    assert Settings().max_total_pixels >= 316 * 316 * 1000


def test_a_gif_stays_below_its_bound_with_all_its_bytes() -> None:
    """What is written has less than `most` bytes, the last one included."""
    frames = [frame.convert("RGB") for frame in moving(40, 30, 3)]
    animation = Animation(0, frames=frames, milliseconds=[50] * len(frames))
    whole = write(animation)
    assert whole is not None
    for most in (len(whole) - 1, len(whole), len(whole) + 1):
        data = write(animation, most)
        assert data is None or len(data) < most
    assert write(animation, len(whole) + 1) == whole
