"""Cleaned originals: the same picture, and nothing that its owner did not mean to publish."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from app.errors import ImageUndecodable
from app.model import Format
from app.raster.clean import cleaned, exif, xmp
from tests.lengths import examples
from tests.raster import profiles
from tests.raster.conftest import Build
from tests.raster.pictures import NOTICE, SECRET, decoded, encoded, photo, published, secretive, segment, smooth

pytestmark = pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")

FORMATS: list[Format] = ["jpeg", "png", "gif", "webp", "avif"]


def pixels(data: bytes) -> list[bytes]:
    """Every frame's pixels."""
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_private_remains(fmt: Format) -> None:
    """Location, serials, owners, thumbnails, comments and appended bytes are gone, whatever held them."""
    source = secretive(fmt)
    assert SECRET in source
    result = published(source, fmt, keep_copyright=True)
    assert SECRET not in result
    assert b"<?php" not in result
    tags = decoded(result).getexif()
    assert not tags.get_ifd(0x8825)
    assert not set(tags) - {0x0112, 0x8298}


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_pixel_changes(fmt: Format) -> None:
    """Every frame decodes to the same pixels as before."""
    source = secretive(fmt)
    assert pixels(source) == pixels(published(source, fmt, keep_copyright=True))


@pytest.mark.parametrize("fmt", FORMATS)
def test_cleaning_twice_changes_nothing(fmt: Format) -> None:
    """A cleaned file is clean."""
    once = published(secretive(fmt), fmt, keep_copyright=True)
    assert once == published(once, fmt, keep_copyright=True)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_the_orientation_stays(fmt: Format, orientation: int) -> None:
    """Viewers turn the cleaned file as they turned the original."""
    result = published(secretive(fmt, orientation=orientation), fmt, keep_copyright=False)
    assert decoded(result).getexif().get(exif.ORIENTATION, 1) == orientation


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_the_colour_profile_stays(fmt: Format) -> None:
    """The profile is part of what a picture looks like."""
    profile = profiles.rgb(profiles.ADOBE_RGB)
    result = published(secretive(fmt, icc_profile=profile), fmt, keep_copyright=False)
    assert decoded(result).info["icc_profile"] == profile


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_copyright_stays_unless_it_is_to_go(fmt: Format) -> None:
    """Exif's copyright field is kept, or dropped where a setting says so."""
    source = secretive(fmt)
    kept = published(source, fmt, keep_copyright=True)
    assert decoded(kept).getexif()[exif.COPYRIGHT] == NOTICE
    assert NOTICE.encode() not in published(source, fmt, keep_copyright=False)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp"])
def test_copyright_in_xmp_stays_alone(fmt: Format) -> None:
    """Of an XMP packet the notice is all that remains."""
    result = published(secretive(fmt), fmt, keep_copyright=True)
    assert b"<dc:rights>" in result
    assert b"photoshop:City" not in result


def test_copyright_in_iptc_stays_alone() -> None:
    """Of a JPEG's IPTC block the notice is all that remains."""
    result = published(secretive("jpeg"), "jpeg", keep_copyright=True)
    block = result[result.index(b"8BIM") :]
    assert struct.pack(">BBBH", 0x1C, 2, 116, len(NOTICE)) + NOTICE.encode() in block
    assert b"\x1c\x02\x5a" not in block


def test_cmyk_keeps_the_markers_that_define_its_colours() -> None:
    """Adobe's marker decides how a CMYK JPEG is read, so it stays."""
    source = encoded(smooth(64, 48, "CMYK"), "jpeg") + SECRET
    result = published(source, "jpeg", keep_copyright=True)
    assert b"Adobe" in result
    assert decoded(source).tobytes() == decoded(result).tobytes()


def test_progressive_scans_are_all_kept() -> None:
    """Comments between the scans of a progressive JPEG go, the scans stay."""
    source = encoded(photo(200, 100), "jpeg", progressive=True, optimize=True)
    at = source.rindex(b"\xff\xda")
    marked = source[:at] + segment(0xFE, SECRET) + source[at:]
    assert source == published(marked, "jpeg", keep_copyright=True)


def test_a_jpeg_that_ends_inside_its_scan_gets_an_end() -> None:
    """What was accepted knowingly is closed properly, with the pixels it has."""
    source = encoded(photo(200, 100), "jpeg")
    result = published(source[: len(source) // 2], "jpeg", keep_copyright=True)
    assert result == source[: len(source) // 2] + b"\xff\xd9"


@pytest.mark.parametrize("fmt", ["gif", "webp", "png"])
def test_animations_keep_frames_and_timing(fmt: Format) -> None:
    """Frames, durations and loop count survive in every format that moves."""
    frames = [photo(40, 30).rotate(90 * turn) for turn in range(4)]
    options = {"save_all": True, "append_images": frames[1:], "duration": [40, 80, 120, 160], "loop": 3}
    source = secretive(fmt, frames[0], **options)
    result = published(source, fmt, keep_copyright=True)
    assert SECRET not in result
    assert pixels(source) == pixels(result)
    before, after = decoded(source), decoded(result)
    assert before.info["loop"] == after.info["loop"]
    for number in range(4):
        before.seek(number)
        after.seek(number)
        before.load()
        after.load()
        assert before.info["duration"] == after.info["duration"]


def test_files_that_are_clean_stay_as_they_are() -> None:
    """Cleaning takes away and adds nothing."""
    for fmt in FORMATS:
        source = encoded(photo(30, 20), fmt)
        assert source == published(source, fmt, keep_copyright=True)


@pytest.mark.parametrize(
    ("fmt", "data"),
    [
        ("jpeg", b"\xff\xd8\xff\xe0\xff\xff"),
        ("jpeg", b"\xff\xd8\xff\xd9"),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
        ("gif", b"GIF89a"),
        ("gif", b"GIF89a\x01\0\x01\0\0\0\0\x77"),
        ("webp", b"RIFF\xff\0\0\0WEBP"),
        ("avif", b"\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\xffmeta"),
    ],
)
def test_broken_containers_are_named(fmt: Format, data: bytes) -> None:
    """A container that cannot be walked is a damaged image."""
    with pytest.raises(ImageUndecodable):
        cleaned(data, fmt, keep_copyright=True)


@given(st.integers(1, 8), st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"").rstrip()))
def test_the_reduced_exif_block_reads_back(orientation: int, notice: bytes) -> None:
    """What is written is what is read, for any notice."""
    kept = exif.Kept(orientation, notice)
    assert kept == exif.parse(exif.build(kept))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_exif_block(raw: bytes) -> None:
    """Reading metadata never fails."""
    for head in (b"", b"II*\0\x08\0\0\0", b"Exif\0\0MM\0*\0\0\0\x08"):
        assert exif.parse(head + raw).orientation in range(1, 9)


@settings(max_examples=examples(60))
@given(st.sampled_from(FORMATS), st.binary(min_size=1, max_size=64))
def test_whatever_follows_the_end_is_cut_off(fmt: Format, trailer: bytes) -> None:
    """Bytes behind the end of the image never reach the public."""
    source = encoded(photo(20, 10), fmt)
    assert source == published(source + trailer, fmt, keep_copyright=True)


def test_a_notice_is_taken_out_of_any_packet_around_it() -> None:
    """Without a notice nothing of the packet remains."""
    assert xmp.copyright_only(b"<x>SECRET</x>") == b""
    assert xmp.copyright_only(xmp.copyright_only(b"<dc:rights><rdf:Alt><rdf:li>me</rdf:li>")).count(b"me<") == 1


def test_the_clean_recipe_gives_the_cleaned_file(build: Build, tmp_path: Path) -> None:
    """A recipe without a box gives the stored size and the cleaned bytes, in the source's own format only."""
    source = secretive("png")
    (clean,) = build(source, None, formats=["webp", "avif"])
    assert (clean.format, clean.width, clean.height) == ("png", 48, 32)
    assert clean.data == published(source, "png", keep_copyright=True)


def test_compressed_pixels_are_copied_not_made_again() -> None:
    """A PNG's compressed stream stays byte for byte."""
    source = secretive("png")
    stream = source[source.index(b"IDAT") : source.index(b"IEND")]
    assert stream in published(source, "png", keep_copyright=True)
    assert zlib.crc32(b"IEND").to_bytes(4, "big") == published(source, "png", keep_copyright=True)[-4:]
