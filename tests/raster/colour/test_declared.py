"""Colours that a file declares without a profile: each source against arithmetic on all its pixels."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from app.errors import ImageUndecodable
from app.model import Format
from app.raster.clean import exif
from app.raster.colour import nclx
from app.raster.colour.icc import rgb_profile
from app.raster.colour.space import Gamma, Point, Primaries, Space
from app.raster.colour.srgb import to_srgb
from tests.raster import profiles, spaces
from tests.raster.conftest import Build
from tests.raster.difference import mean_delta_e
from tests.raster.pictures import decoded, encoded, png, published, segment, smooth

BOX = (120, 120)
SIZE = (480, 320)
SHRUNK = (120, 80)
FULL, NARROW = 1, 0

P3_SRGB, P3_PQ, BT2020_HLG, SRGB, BT709 = (12, 13), (12, 16), (9, 18), (1, 13), (1, 1)


def vivid() -> Image.Image:
    """Colours strong enough to tell the spaces apart."""
    return ImageEnhance.Color(smooth(*SIZE)).enhance(2.5)


def marked(image: Image.Image, *chunks: tuple[bytes, bytes], **options: object) -> bytes:
    """A PNG with these chunks behind its header."""
    data, extra = encoded(image, "png", **options), png(*chunks)[8:]
    return data[:33] + extra + data[33:]


def cicp(codes: tuple[int, int], matrix: int = 0, span: int = FULL) -> tuple[bytes, bytes]:
    return b"cICP", bytes((*codes, matrix, span))


def gama(exponent: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100_000 / exponent))


def chrm(points: spaces.Points) -> tuple[bytes, bytes]:
    red, green, blue, white = points
    return b"cHRM", struct.pack(
        ">8I", *(round(100_000 * part) for point in (white, red, green, blue) for part in point)
    )


def avif(image: Image.Image, codes: tuple[int, int]) -> bytes:
    data = encoded(image, "avif", quality=100, subsampling="4:4:4")
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", *codes) + data[at + 4 :]


def camera_jpeg(image: Image.Image, rules: bytes = b"R03", space: int = 0xFFFF, order: str = "<") -> bytes:
    """A JPEG whose Exif block says its colours as cameras do, by their DCF rules."""

    def directory(at: int, *entries: tuple[int, int, int, bytes]) -> bytes:
        lines = (struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
        body = struct.pack(order + "H", len(entries)) + b"".join(lines) + bytes(4)
        assert at + len(body) == {8: 38, 38: 68, 68: 86}[at]
        return body

    def short(value: int) -> bytes:
        return struct.pack(order + "HH", value, 0)

    def long(value: int) -> bytes:
        return struct.pack(order + "I", value)

    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + long(8)
    block += directory(8, (0x0112, 3, 1, short(1)), (0x8769, 4, 1, long(38)))
    block += directory(38, (0xA001, 3, 1, short(space)), (0xA005, 4, 1, long(68)))
    block += directory(68, (0x0001, 2, 4, rules + b"\0"))
    data = encoded(image, "jpeg", quality=95, subsampling=0)
    return data[:2] + segment(0xE1, b"Exif\0\0" + block) + data[2:]


def reference(source: bytes, points: spaces.Points, curve: spaces.Curve) -> Image.Image:
    return spaces.seen(decoded(source), points, curve).resize(SHRUNK, Image.Resampling.LANCZOS)


def as_it_stands(source: bytes) -> Image.Image:
    return decoded(source).convert("RGB").resize(SHRUNK, Image.Resampling.LANCZOS)


@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize(
    ("make", "points", "curve"),
    [
        (lambda image: marked(image, cicp(P3_SRGB)), spaces.P3, spaces.srgb),
        (lambda image: marked(image, cicp((11, 13))), spaces.DCI_P3, spaces.srgb),
        (lambda image: marked(image, cicp((9, 1))), spaces.BT2020, spaces.srgb),
        (lambda image: marked(image, cicp((1, 8))), spaces.SRGB, spaces.gamma(1)),
        (lambda image: marked(image, gama(1)), spaces.SRGB, spaces.gamma(1)),
        (lambda image: marked(image, gama(2.2), chrm(spaces.P3)), spaces.P3, spaces.gamma(2.2)),
        (lambda image: marked(image, gama(1.8), chrm(spaces.WIDE_D50)), spaces.WIDE_D50, spaces.gamma(1.8)),
        (lambda image: avif(image, P3_SRGB), spaces.P3, spaces.srgb),
        (lambda image: avif(image, (12, 2)), spaces.P3, spaces.srgb),
        (lambda image: avif(image, (9, 14)), spaces.BT2020, spaces.srgb),
        (camera_jpeg, spaces.ADOBE, spaces.gamma(563 / 256)),
        (lambda image: camera_jpeg(image, order=">"), spaces.ADOBE, spaces.gamma(563 / 256)),
    ],
    ids=[
        *("png-p3", "png-cinema", "png-2020", "png-linear", "png-gamma", "png-gamma-p3", "png-gamma-d50"),
        *("avif-p3", "avif-p3-alone", "avif-2020", "adobe-little-endian", "adobe-big-endian"),
    ],
)
def test_declared_colours_are_honoured(
    build: Build, make: Callable[[Image.Image], bytes], points: spaces.Points, curve: spaces.Curve, target: Format
) -> None:
    """Colours told by numbers come out as if a profile had told them: mean CIEDE2000 of at most 1."""
    source = make(vivid())
    (rendition,) = build(source, BOX, formats=[target], quality=100)
    wanted = reference(source, points, curve)
    shown = wanted if target == "png" else decoded(encoded(wanted, target, quality=100))
    assert mean_delta_e(decoded(rendition.data), shown) <= 1
    assert mean_delta_e(as_it_stands(source), wanted) > 1, "the declaration must matter"


@pytest.mark.parametrize(
    ("make", "points", "curve"),
    [
        (lambda image: marked(image, cicp(P3_PQ)), spaces.P3, spaces.pq),
        (lambda image: marked(image, cicp(BT2020_HLG)), spaces.BT2020, spaces.hlg),
        (lambda image: avif(image, BT2020_HLG), spaces.BT2020, spaces.hlg),
    ],
    ids=["png-pq", "png-hlg", "avif-hlg"],
)
def test_a_high_range_is_shown_up_to_the_white_of_paper(
    build: Build, make: Callable[[Image.Image], bytes], points: spaces.Points, curve: spaces.Curve
) -> None:
    """PQ and HLG keep everything that is no brighter than paper; what is brighter is white."""
    source = make(vivid().point(lambda value: value // 2 + 30))
    (rendition,) = build(source, BOX, formats=["png"])
    assert mean_delta_e(decoded(rendition.data), reference(source, points, curve)) <= 1


ICC = {"icc_profile": profiles.rgb(profiles.ADOBE_RGB)}


@pytest.mark.parametrize(
    ("source", "points", "curve"),
    [
        (marked(vivid(), cicp(P3_SRGB), **ICC), spaces.P3, spaces.srgb),
        (marked(vivid(), cicp(SRGB), gama(1), **ICC), spaces.SRGB, spaces.srgb),
        (marked(vivid(), gama(1), chrm(spaces.P3), **ICC), spaces.ADOBE, spaces.gamma(563 / 256)),
        (marked(vivid(), (b"sRGB", b"\0"), gama(1), chrm(spaces.P3)), spaces.SRGB, spaces.srgb),
        (marked(vivid(), cicp((12, 2)), **ICC), spaces.ADOBE, spaces.gamma(563 / 256)),
        (marked(vivid(), cicp(P3_SRGB, matrix=1), gama(1)), spaces.SRGB, spaces.gamma(1)),
        (marked(vivid(), cicp(P3_SRGB, span=NARROW), gama(1)), spaces.SRGB, spaces.gamma(1)),
        (encoded(vivid(), "avif", **ICC), spaces.ADOBE, spaces.gamma(563 / 256)),
    ],
    ids=["cicp", "cicp-srgb", "icc", "srgb", "unknown-cicp", "cicp-yuv", "cicp-narrow", "avif-icc"],
)
def test_the_best_declaration_wins(build: Build, source: bytes, points: spaces.Points, curve: spaces.Curve) -> None:
    """A PNG's cICP goes before its profile, that before sRGB, and that before gAMA and cHRM; what is unknown is not
    there. An AVIF's profile goes before its numbers."""
    (rendition,) = build(source, BOX, formats=["png"])
    assert mean_delta_e(decoded(rendition.data), reference(source, points, curve)) <= 1


@pytest.mark.parametrize(
    "chunks",
    [
        [cicp(SRGB)],
        [cicp(BT709)],
        [(b"sRGB", b"\0"), gama(2.2), chrm(spaces.SRGB)],
        [gama(2.2), chrm(spaces.SRGB)],
        [gama(2.2)],
        [chrm(spaces.P3)],
        [(b"gAMA", bytes(4)), chrm(spaces.P3)],
        [(b"gAMA", b"\xff" * 4)],
        [gama(2.2), (b"cHRM", bytes(32))],
        [gama(2.2), (b"cHRM", b"\xff" * 32)],
        [gama(2.2), chrm(((0.3, 0.3), (0.4, 0.4), (0.5, 0.5), spaces.D65))],
    ],
)
def test_what_is_srgb_or_says_nothing_costs_nothing(build: Build, chunks: list[tuple[bytes, bytes]]) -> None:
    """Pixels that are sRGB already, or of which nothing sensible is told, pass untouched."""
    image = smooth(*SIZE)
    (rendition,) = build(marked(image, *chunks), SIZE, formats=["png"])
    assert decoded(rendition.data).tobytes() == image.tobytes()


def test_a_grey_picture_heeds_its_gamma(build: Build) -> None:
    """Grey has a curve and no primaries; its alpha passes unchanged."""
    image = smooth(*SIZE, "L")
    (rendition,) = build(marked(image, gama(1), chrm(spaces.P3)), SIZE, formats=["png"])
    picture = decoded(rendition.data)
    assert picture.mode == "L"
    assert mean_delta_e(picture, spaces.seen(image, spaces.SRGB, spaces.gamma(1))) <= 1
    (rendition,) = build(marked(image, gama(2.2), chrm(spaces.P3)), SIZE, formats=["png"])
    assert decoded(rendition.data).tobytes() == image.tobytes()
    alpha = smooth(*SIZE, "LA")
    (rendition,) = build(marked(alpha, gama(1)), SIZE, formats=["png"])
    assert decoded(rendition.data).getchannel("A").tobytes() == alpha.getchannel("A").tobytes()


def test_a_palette_heeds_its_primaries(build: Build) -> None:
    """Indexed colours are colours of the declared space."""
    source = marked(vivid().quantize(128), cicp(P3_SRGB))
    (rendition,) = build(source, BOX, formats=["png"])
    assert mean_delta_e(decoded(rendition.data), reference(source, spaces.P3, spaces.srgb)) <= 1


@pytest.mark.parametrize(("rules", "space"), [(b"R98", 0xFFFF), (b"R03", 1), (b"R98", 1)])
def test_a_camera_that_does_not_say_adobe_rgb_means_srgb(build: Build, rules: bytes, space: int) -> None:
    """Only both marks together tell another space."""
    source = camera_jpeg(vivid(), rules, space)
    (rendition,) = build(source, BOX, formats=["png"])
    assert mean_delta_e(decoded(rendition.data), as_it_stands(source)) <= 1


@pytest.mark.parametrize("keep_copyright", [True, False])
def test_a_cleaned_original_keeps_its_colours(build: Build, keep_copyright: bool) -> None:
    """What tells the colours stays when all private things go, and makes the same renditions."""
    image = smooth(*SIZE)
    for source, fmt in [
        (marked(image, cicp(P3_SRGB), gama(1.8), chrm(spaces.P3), (b"tEXt", b"Author\0SECRET")), "png"),
        (avif(image, P3_SRGB), "avif"),
        (camera_jpeg(image), "jpeg"),
    ]:
        clean = published(source, fmt, keep_copyright=keep_copyright)
        assert b"SECRET" not in clean
        (before,), (after,) = build(source, BOX, formats=["png"]), build(clean, BOX, formats=["png"])
        assert before.data == after.data
        assert published(clean, fmt, keep_copyright=keep_copyright) == clean


def test_a_cleaned_camera_picture_still_says_adobe_rgb() -> None:
    """The mark outlives cleaning beside the notice and the turn, and Pillow reads them, too."""
    block = exif.build(exif.Kept(6, b"somebody, 2026", adobe_rgb=True))
    tags = Image.Exif()
    tags.load(b"Exif\0\0" + block)
    assert (tags[0x0112], tags[0x8298]) == (6, "somebody, 2026")
    assert tags.get_ifd(0x8769)[0xA001] == 0xFFFF
    assert tags.get_ifd(0xA005) == {1: "R03"}


def test_an_unbuildable_profile_counts_as_none() -> None:
    """A profile that opens, but lacks what a conversion needs, is left aside."""
    image = smooth(48, 32)
    assert to_srgb(image, profiles.rgb(profiles.ADOBE_RGB).replace(b"rTRC", b"none")) is image


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.floats(0.1, 10))
def test_any_numbers_make_a_profile_that_works_or_none(parts: list[float], exponent: float) -> None:
    """No chromaticities whatever break a rendition."""
    points = [Point(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
    profile = rgb_profile(Space(Primaries(*points), Gamma(exponent)))
    image = smooth(8, 8)
    assert profile is None or to_srgb(image, profile) is not image


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_avif_tells_its_colours_or_not(at: int, value: int) -> None:
    """One wrong byte anywhere in the boxes raises nothing but what a caller expects."""
    data = bytearray(AVIF)
    data[at % len(data)] = value
    try:
        codes = nclx.code_points(bytes(data))
    except ImageUndecodable:
        return
    assert codes is None or all(0 <= code < 65536 for code in codes)


AVIF = avif(smooth(16, 16), P3_SRGB)
