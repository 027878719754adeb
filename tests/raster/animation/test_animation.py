"""Pictures that move."""

import pytest
from PIL import Image, ImageDraw

from app.model import Format
from tests.raster.conftest import Build
from tests.raster.difference import mean_delta_e
from tests.raster.pictures import decoded, encoded, smooth

DURATIONS = [40, 80, 120, 160, 500]


def opaque_frames(size: tuple[int, int] = (200, 120)) -> list[Image.Image]:
    """A disc that moves over a still ground, and stands still from the fourth to the fifth frame."""
    ground = smooth(*size).quantize(64).convert("RGB")
    frames = []
    for number in (0, 1, 2, 3, 3):
        frame = ground.copy()
        ImageDraw.Draw(frame).ellipse((20 * number, 20, 20 * number + 60, 80), fill=(250, 20, 20))
        frames.append(frame)
    return frames


def clear_frames() -> list[Image.Image]:
    frames = []
    for number in range(5):
        frame = Image.new("RGBA", (200, 120), (0, 0, 0, 0))
        ImageDraw.Draw(frame).rectangle((20 * number, 20, 20 * number + 60, 80), fill=(20, 20, 250, 255))
        frames.append(frame)
    return frames


def animation(fmt: Format, frames: list[Image.Image], **options: object) -> bytes:
    lossless = {"lossless": True} if fmt == "webp" else {"disposal": 2}
    return encoded(
        frames[0], fmt, save_all=True, append_images=frames[1:], duration=DURATIONS, **lossless | {"loop": 0} | options
    )


def shown(data: bytes) -> list[tuple[Image.Image, int]]:
    image = decoded(data)
    found = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        found.append((image.convert("RGBA"), image.info["duration"]))
    return found


@pytest.mark.parametrize("frames", [opaque_frames(), clear_frames()], ids=["opaque", "transparent"])
def test_every_frame_and_its_timing_is_kept(build: Build, frames: list[Image.Image]) -> None:
    """A GIF's rendition shows each frame, shrunk, as long as before; frames that change nothing stay, too."""
    source = animation("gif", frames, disposal=2 if frames[0].mode == "RGBA" else 1)
    (rendition,) = build(source, (100, 100))
    expected = shown(source)
    found = shown(rendition.data)
    assert [duration for _, duration in expected] == [duration for _, duration in found]
    for (before, _), (after, _) in zip(expected, found, strict=True):
        small = before.convert("RGBa").resize((100, 60), Image.Resampling.LANCZOS).convert("RGBA")
        white = Image.new("RGBA", small.size, "white")
        assert mean_delta_e(Image.alpha_composite(white, after), Image.alpha_composite(white, small)) <= 2


@pytest.mark.parametrize("loop", [None, 0, 1, 5])
def test_a_gif_plays_as_often_as_its_source(build: Build, loop: int | None) -> None:
    """The loop count stays, and stays away where there was none."""
    source = animation("gif", opaque_frames(), loop=loop)
    (rendition,) = build(source, (50, 50))
    assert decoded(source).info.get("loop") == decoded(rendition.data).info.get("loop") == loop


@pytest.mark.parametrize("source_format", ["gif", "webp"])
def test_animations_become_moving_webp(build: Build, source_format: Format) -> None:
    """WebP renditions move as long as the source; frames that change nothing may be joined."""
    (rendition,) = build(animation(source_format, opaque_frames()), (100, 100), formats=["webp"])
    found = shown(rendition.data)
    assert sum(DURATIONS) == sum(duration for _, duration in found)
    assert len(found) >= 4


def test_a_gif_that_plays_once_is_a_webp_that_plays_once(build: Build) -> None:
    """The two formats count differently: a GIF counts repetitions, a WebP showings."""
    once, thrice = (animation("gif", opaque_frames(), loop=loop) for loop in (None, 2))
    assert [decoded(build(data, (50, 50), formats=["webp"])[0].data).info["loop"] for data in (once, thrice)] == [1, 3]


@pytest.mark.parametrize("target", ["jpeg", "png", "avif"])
def test_formats_that_stand_still_show_the_first_frame(build: Build, target: Format) -> None:
    """A still target shows what the animation begins with."""
    frames = opaque_frames()
    (rendition,) = build(animation("gif", frames), (200, 200), formats=[target], quality=100)
    picture = decoded(rendition.data)
    assert getattr(picture, "n_frames", 1) == 1
    assert mean_delta_e(picture.convert("RGB"), frames[0]) <= 2


def test_a_gif_that_fits_is_cleaned_not_encoded_again(build: Build) -> None:
    """Palettes chosen by an artist are not chosen again."""
    source = animation("gif", opaque_frames((40, 30)))
    fitting, clean = build(source, (48, 48), None)
    assert fitting.data == clean.data


@pytest.mark.parametrize("target", ["webp", "avif"])
def test_a_still_gif_that_fits_is_had_in_further_formats(build: Build, target: Format) -> None:
    """A GIF that needs no shrinking is decoded all the same where another format is asked for."""
    frame, *_ = opaque_frames()
    (rendition,) = build(encoded(frame, "gif"), frame.size, formats=[target], quality=100)
    assert mean_delta_e(decoded(rendition.data), frame) <= 2


def test_a_still_gif_keeps_its_transparency(build: Build) -> None:
    """A single transparent frame shrinks to a transparent GIF."""
    (rendition,) = build(encoded(clear_frames()[0], "gif"), (100, 100))
    picture = decoded(rendition.data).convert("RGBA")
    assert picture.size == (100, 60)
    assert picture.getpixel((90, 50))[3] == 0
    assert picture.getpixel((15, 25))[:3] == pytest.approx((20, 20, 250), abs=3)


def test_renditions_of_long_animations_stay_smaller_than_their_source(build: Build) -> None:
    """Only what changes is stored again."""
    source = animation("gif", opaque_frames(), disposal=1)
    (rendition,) = build(source, (100, 100))
    assert len(rendition.data) < len(source)


def test_an_animated_png_is_shown_by_its_first_frame(build: Build) -> None:
    """Its rendition stands still; the cleaned original still moves."""
    frames = opaque_frames()
    source = encoded(frames[0], "png", save_all=True, append_images=frames[1:], duration=DURATIONS)
    still, clean = build(source, (100, 100), None)
    assert getattr(decoded(still.data), "n_frames", 1) == 1
    assert decoded(clean.data).n_frames == decoded(source).n_frames > 1
    for unshrunk in build(source, (1000, 1000), formats=["png", "webp", "avif"]):
        assert getattr(decoded(unshrunk.data), "n_frames", 1) == 1
