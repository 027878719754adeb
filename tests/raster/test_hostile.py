"""Hostile and damaged files: each is refused with a typed error, or accepted and its public bytes are clean."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.errors import FormatNotAllowed, ImageLimitExceeded, ImageRejected, ImageUndecodable
from app.model import NO_MARKS, Facts, Format, Note, Recipe
from app.raster.child import work as child
from app.raster.clean import cleaned
from app.raster.published import Keep
from tests.lengths import examples
from tests.raster.conftest import LIMITS, Build
from tests.raster.pictures import SECRET, TRAILER, decoded, encoded, photo, png, published, secretive, segment

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

FORMATS: list[Format] = ["jpeg", "png", "gif", "webp", "avif"]
SOURCES = {fmt: secretive(fmt) for fmt in FORMATS}

Inspect = Callable[[bytes], Facts]
Write = Callable[[bytes], Path]


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize("fmt", FORMATS)
def test_truncated_files_are_refused(inspect: Inspect, fmt: Format, tenth: int) -> None:
    """A file cut off anywhere is damaged, not a picture."""
    source = encoded(photo(160, 120), fmt)
    with pytest.raises(ImageRejected):
        inspect(source[: len(source) * tenth // 10])


def test_a_jpeg_cut_inside_its_scan_is_known_by_its_header(write: Write, build: Build) -> None:
    """Without decoding it is accepted, and its renditions have the right size; cut before the scan it is damaged."""
    source = encoded(photo(160, 120), "jpeg")
    scan = source.index(b"\xff\xda")
    facts = child.header(write(source[: scan + 200]), LIMITS)
    assert (facts.width, facts.height) == (160, 120)
    (rendition,) = build(source[: scan + 200], (80, 80))
    assert decoded(rendition.data).size == (80, 60)
    with pytest.raises(ImageUndecodable):
        child.header(write(source[: scan - 2]), LIMITS)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FORMATS), st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=6))
def test_flipped_bytes_give_a_rejection_or_a_clean_image(
    write: Write, fmt: Format, flips: list[tuple[float, int]]
) -> None:
    """Damage in any place is a typed rejection, or leaves an image whose public bytes hold nothing private."""
    data = bytearray(SOURCES[fmt])
    for place, change in flips:
        data[min(int(place * len(data)), len(data) - 1)] ^= change
    path = write(bytes(data))
    try:
        facts = child.run(30, child.inspect, path, LIMITS)
    except ImageRejected:
        return
    for result in child.run(30, child.build, path, LIMITS, [Recipe("r", (20, 20))], None, Keep(copyright=True)):
        assert decoded(result.data).format
    public = published(bytes(data), facts.format, keep_copyright=True)
    assert b"trailer" not in public
    assert b"GPS" not in public


JPEGS = [
    encoded(photo(96, 64).convert(mode), "jpeg", quality=85, progressive=progressive, subsampling=subsampling)
    for mode in ("RGB", "L", "CMYK")
    for progressive in (False, True)
    for subsampling in ("4:4:4", "4:2:0")
]


_FIRST_MARKER = 3.5 / len(JPEGS[0])
"""Where the kind of the first segment stands: as one of a hierarchical JPEG it stops Pillow, and no viewer."""


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(JPEGS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6),
    st.floats(0, 1),
    st.booleans(),
)
@example(JPEGS[0], [(_FIRST_MARKER, 0xE0 ^ 0xDE)], 1.0, False)
@example(JPEGS[0], [(_FIRST_MARKER, 0xE0 ^ 0xDF)], 1.0, False)
@example(JPEGS[11], [(0.14, 38)], 1.0, False)  # a scan among others that is none any more
def test_a_jpeg_is_refused_wherever_a_decode_of_every_pixel_fails(
    write: Write, source: bytes, flips: list[tuple[float, int]], kept: float, ended: bool
) -> None:
    """Looking at a shrunk picture finds the damage that decoding the whole one finds, odd parts before it left out, and
    no more. Where odd parts among the scans were left out, of which nobody knows what they hide, the upload itself has
    to be decodable, too."""
    data = bytearray(source)
    for place, change in flips:
        data[min(int(place * len(data)), len(data) - 1)] ^= change
    if kept < 0.9:
        data = data[: int(len(data) * kept / 0.9)] + b"\xff\xd9" * ended
    path = write(bytes(data))
    try:
        child.header(path, LIMITS)
        clean = cleaned(bytes(data), "jpeg", keep_copyright=True)
    except ImageRejected:
        return
    shown = clean.data if clean.closed else clean.data[:-2]
    if _is_decodable(shown) and (not clean.doubtful or _is_decodable(bytes(data))):
        assert child.inspect(path, LIMITS).format == "jpeg"
    else:
        with pytest.raises(ImageUndecodable):
            child.inspect(path, LIMITS)


def _is_decodable(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            image.load()
    except Exception:
        return False
    return True


def png_of(width: int, height: int, body: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png((b"IHDR", head), (b"IDAT", zlib.compress(body)), (b"IEND", b""))


def jpeg_of(width: int, height: int) -> bytes:
    source = bytearray(encoded(photo(16, 16), "jpeg"))
    at = source.index(b"\xff\xc0") + 5
    source[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(source)


def gif_of(width: int, height: int, frames: int = 1, frame: tuple[int, int, int, int] | None = None) -> bytes:
    left, top, wide, high = frame or (0, 0, width, height)
    one = b"\x2c" + struct.pack("<HHHH", left, top, wide, high) + b"\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + one * frames + b"\x3b"


def webp_of(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(16, 16, "RGBA"), "webp", exif=b"Exif\0\0II*\0"))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return bytes(data)


def avif_of(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(16, 16), "avif"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


@pytest.mark.parametrize("make", [png_of, jpeg_of, gif_of, webp_of, avif_of])
def test_header_bombs_are_refused(inspect: Inspect, make: Callable[[int, int], bytes]) -> None:
    """A header that announces a huge canvas is refused before a pixel is decoded."""
    with pytest.raises((ImageLimitExceeded, ImageUndecodable)):
        inspect(make(16_000, 16_000))


@pytest.mark.parametrize("make", [png_of, jpeg_of, gif_of])
def test_the_limit_is_named(inspect: Inspect, make: Callable[[int, int], bytes]) -> None:
    """The reason tells the size and the limit."""
    with pytest.raises(ImageLimitExceeded, match="8000x8000 is more than 40000000 pixels"):
        inspect(make(8_000, 8_000))


@pytest.mark.parametrize("make", [png_of, jpeg_of, gif_of, avif_of])
@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_empty_pictures_are_refused(
    inspect: Inspect, make: Callable[[int, int], bytes], width: int, height: int
) -> None:
    """A picture has at least one pixel."""
    with pytest.raises(ImageRejected):
        inspect(make(width, height))


def test_frame_bombs_are_refused(inspect: Inspect) -> None:
    """Frames are counted without being decoded, and no further than the limit."""
    assert inspect(gif_of(1, 1, frames=100)).frames == 100
    with pytest.raises(ImageLimitExceeded, match="frames"):
        inspect(gif_of(1, 1, frames=500_000))


@pytest.mark.parametrize("fmt", ["webp", "png"])
def test_frame_bombs_in_other_containers_are_refused(inspect: Inspect, fmt: Format) -> None:
    """Animated PNG and WebP count, too."""
    frames = [Image.new("RGB", (2, 2), (number, 0, 0)) for number in range(150)]
    with pytest.raises(ImageLimitExceeded, match="frames"):
        inspect(encoded(frames[0], fmt, save_all=True, append_images=frames[1:], lossless=True))


def test_pixels_add_up_over_frames(inspect: Inspect) -> None:
    """Many frames of a permitted size may be too many pixels together."""
    with pytest.raises(ImageLimitExceeded, match="frames have more than"):
        inspect(gif_of(2000, 2000, frames=20))


def test_a_frame_that_leaves_its_canvas_counts_in_full(inspect: Inspect) -> None:
    """A small canvas does not hide a large frame."""
    with pytest.raises(ImageLimitExceeded):
        inspect(gif_of(1, 1, frames=2, frame=(0, 0, 60_000, 60_000)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"<!doctype html><script>alert(1)</script>",
        b"BM" + bytes(60),
        b"\0\0\0\x18ftypisom" + bytes(60),
        b"RIFF\x10\0\0\0WAVEfmt ",
    ],
)
def test_other_formats_are_not_allowed(inspect: Inspect, data: bytes) -> None:
    """The list of formats is closed, whatever the decoder's library could read."""
    with pytest.raises(FormatNotAllowed):
        inspect(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x04\0\0\0WEBP",
        b"\0\0\0\x14ftypavif\0\0\0\0avif",
        b"II*\0" + bytes(60),
        b"\0\0\0\x18ftypheic" + bytes(60),
    ],
)
def test_a_good_beginning_alone_is_a_damaged_image(inspect: Inspect, data: bytes) -> None:
    """The right first bytes with nothing behind them tell a damaged file from a file that is no image."""
    with pytest.raises(ImageUndecodable):
        inspect(data)


def as_jpeg(payload: bytes) -> bytes:
    source = encoded(photo(30, 20), "jpeg")
    return source[:2] + segment(0xFE, payload) + source[2:]


def as_gif(payload: bytes) -> bytes:
    source = encoded(photo(30, 20), "gif")
    return source[:-1] + b"\x21\xfe" + bytes((len(payload),)) + payload + b"\0\x3b"


def as_script() -> bytes:
    """A GIF that is JavaScript from end to end: its width opens a comment, which its own comment closes."""
    source = bytearray(encoded(Image.new("P", (0x2A2F, 4)), "gif"))
    assert source[6:8] == b"/*"
    payload = b"*/=1;alert(document.cookie);/*"
    return bytes(source[:-1]) + b"\x21\xfe" + bytes((len(payload),)) + payload + b"\0\x3b*/"


@pytest.mark.parametrize(
    "data",
    [
        as_jpeg(b"<?php system($_GET['c']); ?>"),
        as_gif(b"=1;alert(document.cookie)/*"),
        as_script(),
        encoded(photo(30, 20), "png") + b"<script>alert(1)</script>",
        encoded(photo(30, 20), "webp") + b"PK\x03\x04 <script>",
        encoded(photo(30, 20), "avif") + b"%PDF-1.7 <script>",
        encoded(photo(30, 20), "jpeg") + b"PK\x03\x04 system(",
    ],
    ids=["jpeg-php", "gif-comment", "gif-js", "png-html", "webp-zip", "avif-pdf", "jpeg-zip"],
)
def test_polyglots_are_accepted_and_disarmed(inspect: Inspect, data: bytes) -> None:
    """A script in a comment or behind the end is not published; the picture is."""
    public = published(data, inspect(data).format, keep_copyright=True)
    for trace in (b"<script>", b"system(", b"alert(", b"PK\x03\x04", b"%PDF"):
        assert trace not in public


def test_a_second_picture_behind_the_first_is_not_published(inspect: Inspect) -> None:
    """A camera's multi-picture file counts as its first picture, and only that is public."""
    target = io.BytesIO()
    photo(60, 40).save(target, "MPO", save_all=True, append_images=[photo(61, 41)])
    facts = inspect(target.getvalue())
    assert (facts.format, facts.frames, facts.width) == ("jpeg", 1, 60)
    public = published(target.getvalue(), "jpeg", keep_copyright=True)
    assert public.count(b"\xff\xd8\xff") == 1
    assert SECRET not in public


REMOVED = {"removed_trailing_bytes", "removed_location", "removed_metadata"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_facts_tell_what_the_header_says(inspect: Inspect, fmt: Format) -> None:
    """Size is that of the stored pixels; the orientation is reported beside it, and what hangs behind the picture."""
    facts = inspect(SOURCES[fmt])
    expected = Facts(fmt, 48, 32, 1, 1 if fmt == "gif" else 6, has_alpha=False, notes=facts.notes, marks=facts.marks)
    assert facts == expected
    assert Note("removed_trailing_bytes", len(TRAILER)) in (facts.notes or ())
    assert {note.code for note in facts.notes or ()} <= REMOVED
    assert (facts.marks == NO_MARKS) == (fmt == "gif")  # the others carry a notice
