"""The right colours: each source against a direct conversion by lcms of all its pixels."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.model import Format
from app.raster.colour.srgb import CMYK_PROFILE
from tests.raster import profiles
from tests.raster.conftest import Build
from tests.raster.difference import delta_e, mean_delta_e
from tests.raster.pictures import decoded, encoded, png, smooth

BOX = (120, 120)
SIZE = (480, 320)
SHRUNK = (120, 80)
TARGETS = ["jpeg", "png", "webp", "avif"]


def by_lcms(image: Image.Image, profile: bytes) -> Image.Image:
    """The whole picture converted first and resampled then: the other order than the service's."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return converted.resize(SHRUNK, Image.Resampling.LANCZOS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("mode", "fmt", "profile"),
    [
        ("CMYK", "jpeg", CMYK_PROFILE.read_bytes()),
        ("CMYK", "jpeg", profiles.cmyk()),
        ("RGB", "jpeg", profiles.rgb(profiles.ADOBE_RGB)),
        ("RGB", "png", profiles.rgb(profiles.ADOBE_RGB)),
        ("RGB", "jpeg", profiles.rgb(profiles.DISPLAY_P3)),
        ("RGB", "webp", profiles.rgb(profiles.DISPLAY_P3)),
        ("RGB", "avif", profiles.rgb(profiles.DISPLAY_P3)),
        ("L", "jpeg", profiles.grey(1.8)),
        ("L", "png", profiles.grey(1.8)),
    ],
    ids=["cmyk", "other-inks", "adobe-jpeg", "adobe-png", "p3-jpeg", "p3-webp", "p3-avif", "grey-jpeg", "grey-png"],
)
def test_profiles_are_honoured(build: Build, mode: str, fmt: Format, profile: bytes, target: Format) -> None:
    """Colours of a profiled source come out as lcms converts them: mean CIEDE2000 of at most 1."""
    source = encoded(smooth(*SIZE, mode), fmt, icc_profile=profile, **({} if fmt == "png" else {"quality": 95}))
    (rendition,) = build(source, BOX, formats=[target], quality=100)
    reference = by_lcms(decoded(source), profile)
    assert mean_delta_e(decoded(rendition.data), seen_in(target, reference)) <= 1
    assert mean_delta_e(without(profile, decoded(source)), reference) > 1, "the profile must matter"


def seen_in(target: Format, reference: Image.Image) -> Image.Image:
    """The reference as the target's encoder leaves it, whose losses are none of the conversion's."""
    return reference if target == "png" else decoded(encoded(reference, target, quality=100))


def without(profile: bytes, image: Image.Image) -> Image.Image:
    """What the picture would look like to somebody who does not heed its profile."""
    inks = CMYK_PROFILE.read_bytes()
    if image.mode == "CMYK" and profile != inks:
        return by_lcms(image, inks)
    return image.convert("RGB").resize(SHRUNK)


def test_a_profile_does_not_disturb_transparency(build: Build) -> None:
    """Alpha passes unchanged while colours are converted."""
    image = smooth(*SIZE, "RGBA")
    profile = profiles.rgb(profiles.ADOBE_RGB)
    (rendition,) = build(encoded(image, "png", icc_profile=profile), SIZE)
    picture = decoded(rendition.data)
    assert image.getchannel("A").tobytes() == picture.getchannel("A").tobytes()
    assert mean_delta_e(picture.convert("RGB"), image.convert("RGB")) > 1


@pytest.mark.parametrize("target", TARGETS)
def test_cmyk_without_a_profile_uses_the_default(build: Build, target: Format) -> None:
    """CMYK that says nothing of itself is taken for a common print process, never inverted by arithmetic."""
    source = encoded(smooth(*SIZE, "CMYK"), "jpeg", quality=95)
    (rendition,) = build(source, BOX, formats=[target], quality=100)
    reference = by_lcms(decoded(source), CMYK_PROFILE.read_bytes())
    assert mean_delta_e(decoded(rendition.data), seen_in(target, reference)) <= 1


@pytest.mark.parametrize("profile", [b"nonsense", profiles.grey(1.8), CMYK_PROFILE.read_bytes()])
def test_an_unfit_profile_counts_as_none(build: Build, profile: bytes) -> None:
    """A broken profile, or one of another colour space, is left aside and the pixels are taken as sRGB."""
    image = smooth(*SIZE)
    (rendition,) = build(encoded(image, "png", icc_profile=profile), BOX)
    assert mean_delta_e(decoded(rendition.data), image.resize(SHRUNK, Image.Resampling.LANCZOS)) <= 1


def test_sixteen_bits_become_eight_without_clipping(build: Build) -> None:
    """A 16-bit grey ramp stays a ramp."""
    ramp = np.tile(np.linspace(0, 65535, 480).astype(np.uint16), (320, 1))
    (rendition,) = build(encoded(Image.fromarray(ramp), "png"), BOX)
    expected = Image.fromarray((ramp / 257 + 0.5).astype(np.uint8)).resize(SHRUNK, Image.Resampling.LANCZOS)
    picture = decoded(rendition.data)
    assert picture.mode == "L"
    assert mean_delta_e(picture, expected) <= 1


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("channels", "profile"),
    [(1, profiles.grey(1.8)), (3, profiles.rgb(profiles.ADOBE_RGB)), (3, profiles.rgb(profiles.DISPLAY_P3))],
    ids=["grey", "adobe", "p3"],
)
def test_profiles_hold_for_sixteen_bits(build: Build, channels: int, profile: bytes, target: Format) -> None:
    """Sixteen bits of a profiled colour space come out as lcms converts them: mean CIEDE2000 of at most 1."""
    shallow = smooth(*SIZE, "L" if channels == 1 else "RGB")
    deep = np.asarray(shallow, dtype=np.uint16) * 257
    source = sixteen_bit_png(deep.reshape(SIZE[1], SIZE[0], channels), profile)
    (rendition,) = build(source, BOX, formats=[target], quality=100)
    reference = by_lcms(shallow, profile)
    assert mean_delta_e(decoded(rendition.data), seen_in(target, reference)) <= 1
    assert mean_delta_e(shallow.resize(SHRUNK), reference) > 1, "the profile must matter"


def sixteen_bit_png(pixels: np.ndarray, profile: bytes) -> bytes:
    """A PNG of grey or RGB in sixteen bits, which Pillow writes for grey only."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if channels == 1 else 2, 0, 0, 0)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in pixels)
    return png(
        (b"IHDR", header),
        (b"iCCP", b"profile\0\0" + zlib.compress(profile)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    )


def test_palettes_are_resampled_as_colours(build: Build) -> None:
    """An indexed picture shrinks as smoothly as one in full colour, with its transparency."""
    indexed = smooth(*SIZE).quantize(64)
    (rendition,) = build(encoded(indexed, "png"), BOX)
    assert mean_delta_e(decoded(rendition.data), indexed.convert("RGB").resize(SHRUNK, Image.Resampling.LANCZOS)) <= 1
    indexed.info["transparency"] = 0
    (rendition,) = build(encoded(indexed, "png", transparency=0), BOX)
    assert decoded(rendition.data).mode == "RGBA"


@pytest.mark.parametrize(("mode", "colour"), [("L", 77), ("RGB", (10, 200, 30))])
def test_a_keyed_colour_becomes_alpha(build: Build, mode: str, colour: int | tuple[int, int, int]) -> None:
    """The one transparent colour of a PNG without alpha is transparent in the rendition."""
    image = Image.new(mode, (40, 40), colour)
    (rendition,) = build(encoded(image, "png", transparency=colour), (10, 10))
    assert decoded(rendition.data).getchannel("A").getextrema() == (0, 0)


def test_transparency_is_kept_or_flattened_on_white(build: Build) -> None:
    """Formats with alpha keep it; JPEG shows a white ground."""
    source = encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "png")
    png, webp, avif, jpeg = build(source, (10, 10), formats=["png", "webp", "avif", "jpeg"])
    assert [decoded(item.data).getchannel("A").getextrema() for item in (png, webp, avif)] == [(0, 0)] * 3
    assert decoded(jpeg.data).getpixel((5, 5)) == (255, 255, 255)


def test_renditions_carry_no_profile_and_no_metadata(build: Build) -> None:
    """Pixels are sRGB, which needs no profile."""
    source = encoded(smooth(*SIZE), "jpeg", icc_profile=profiles.rgb(profiles.ADOBE_RGB), comment=b"hello")
    for rendition in build(source, BOX, formats=["jpeg", "png", "webp", "avif"]):
        assert not {"icc_profile", "exif", "comment", "xmp"} & set(decoded(rendition.data).info)


def test_the_colour_difference_follows_its_published_test_data() -> None:
    """CIEDE2000 gives the values of Sharma, Wu and Dalal's table for its first, seventh and last kind of pair."""
    left = np.array([[50.0, 2.6772, -79.7751], [50.0, 0.0, 0.0], [2.0776, 0.0795, -1.1350]])
    right = np.array([[50.0, 0.0, -82.7485], [50.0, -1.0, 2.0], [0.9033, -0.0636, -0.5514]])
    assert np.allclose(delta_e(left, right), [2.0425, 2.3669, 0.9082], atol=5e-5)
