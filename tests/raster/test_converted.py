"""TIFF and HEIC come in, and show in a format that browsers know."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.errors import FormatNotAllowed, ImageUndecodable
from app.model import NO_MARKS, Facts, Note
from app.raster.child import work as child
from tests.raster import profiles
from tests.raster.conftest import LIMITS, Build, Write
from tests.raster.difference import mean_delta_e
from tests.raster.pictures import decoded, photo, private_exif, smooth
from tests.raster.spaces import P3, gamma, seen

HEIC = Path(__file__).with_name("heic")
Inspect = Callable[[bytes], Facts]
TURNED = (HEIC / "turned.heic").read_bytes()
"""`smooth(96, 64)` in Display P3, to be turned by 90 degrees, with a place and a maker in its Exif block."""
ALPHA = (HEIC / "alpha.heic").read_bytes()


def tiff(image: Image.Image, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, "TIFF", **options)
    return target.getvalue()


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_is_lossless_becomes_a_png(build: Build, inspect: Inspect, mode: str, compression: str) -> None:
    """Every pixel of the TIFF is in the public form."""
    image = photo(60, 40, mode) if mode in ("L", "LA", "RGB", "RGBA") else photo(60, 40)
    image = (
        image.convert("I").point(lambda value: value * 200).convert("I;16") if mode == "I;16" else image.convert(mode)
    )
    source = tiff(image, compression=compression)
    facts = inspect(source)
    assert (facts.format, facts.source_format, facts.width, facts.height) == ("png", "tiff", 60, 40)
    assert facts.notes == (Note("converted_format", "tiff"),)
    clean, small = build(source, None, (30, 30))
    assert (clean.format, small.format, small.width, small.height) == ("png", "png", 30, 20)
    assert decoded(clean.data).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()


def test_what_was_lossy_becomes_a_jpeg(build: Build, inspect: Inspect) -> None:
    """Pixels that a JPEG inside the TIFF has rounded are stored as a JPEG again, without coarser colours."""
    source = tiff(smooth(96, 64), compression="jpeg", quality=90)
    assert inspect(source).format == "jpeg"
    (clean,) = build(source, None)
    assert mean_delta_e(decoded(clean.data), decoded(source).convert("RGB")) < 1
    assert [layer[1:3] for layer in decoded(clean.data).layer] == [(1, 1)] * 3


def test_inks_become_a_jpeg_with_their_profile(build: Build, inspect: Inspect) -> None:
    """PNG has no inks; renditions are in sRGB by way of the profile."""
    inks = profiles.cmyk()
    source = tiff(smooth(96, 64, "CMYK"), icc_profile=inks)
    assert inspect(source).format == "jpeg"
    clean, small = build(source, None, (48, 48))
    picture = decoded(clean.data)
    assert (picture.mode, picture.info["icc_profile"]) == ("CMYK", inks)
    (again,) = build(clean.data, (48, 48))
    assert mean_delta_e(decoded(small.data), decoded(again.data)) < 1


def test_a_profile_goes_along_without_its_private_tags(build: Build) -> None:
    """Colours are the same in the public form and in renditions."""
    source = tiff(smooth(96, 64), icc_profile=profiles.rgb(profiles.DISPLAY_P3))
    clean, small = build(source, None, (96, 96))
    assert decoded(clean.data).info["icc_profile"] == profiles.rgb(profiles.DISPLAY_P3)
    assert mean_delta_e(decoded(small.data).convert("RGB"), seen(smooth(96, 64), P3, gamma(2.2))) < 1


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_tiff_stands_upright_and_tells_nothing_else(build: Build, inspect: Inspect, orientation: int) -> None:
    """Turned by its pixels; location, names and further pages are left behind."""
    image = photo(60, 40)
    source = tiff(image, exif=private_exif(orientation), save_all=True, append_images=[photo(61, 41)])
    facts = inspect(source)
    sideways = orientation == 6
    assert facts == Facts(
        "png",
        40 if sideways else 60,
        60 if sideways else 40,
        notes=facts.notes,
        converted_from="tiff",
        marks=facts.marks,
    )
    (clean,) = build(source, None)
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270}.get(orientation)
    assert decoded(clean.data).tobytes() == (image.transpose(turn) if turn else image).tobytes()
    assert b"SECRET" in source
    assert b"SECRET" not in clean.data
    assert not decoded(clean.data).getexif()


def many_pages(**options: Any) -> bytes:
    return tiff(photo(60, 40), save_all=True, append_images=[photo(30, 20), photo(20, 10)], **options)


ENDING: dict[str, bytes] = {
    **{
        f"{mode} {compression}": tiff(photo(61, 41).convert(mode), compression=compression)
        for mode in ("1", "L", "RGB", "CMYK")
        for compression in (None, "raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")
    },
    "jpeg": tiff(smooth(96, 64), compression="jpeg"),
    "strips": tiff(photo(60, 40), tiffinfo={278: 1}, compression="tiff_lzw"),
    "big": tiff(photo(60, 40), big_tiff=True),
    "of a camera": tiff(photo(60, 40), exif=private_exif()),
    "pages": many_pages(),
    "packed pages": many_pages(compression="tiff_lzw"),
    "heic": TURNED,
    "transparent heic": ALPHA,
}


@pytest.mark.parametrize("behind", [b"", b"S", b"SECRET 48.137N", bytes(2000)])
@pytest.mark.parametrize("name", ENDING)
def test_bytes_behind_the_end_are_noted(inspect: Inspect, name: str, behind: bytes) -> None:
    """How many follow the last one that the file speaks of; with those that fill it up where there are some."""
    if "heic" in name:
        pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    notes = inspect(ENDING[name] + behind).notes or ()
    removed = sum(int(note.measured or 0) for note in notes if note.code == "removed_trailing_bytes")
    fill = range(16) if behind and "pages" in name else range(1)
    assert removed - len(behind) in fill


def endless(source: bytes) -> bytes:
    """A TIFF whose last directory is followed by the first."""
    (first,) = struct.unpack_from("<I", source, 4)
    (count,) = struct.unpack_from("<H", source, first)
    at = first + 2 + 12 * count
    return source[:at] + struct.pack("<I", first) + source[at + 4 :]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "strange",
    [
        endless(tiff(photo(60, 40))),
        tiff(photo(60, 40), tiffinfo={34665: 7}),
        tiff(photo(60, 40), tiffinfo={34665: 1 << 31}),
    ],
    ids=["endless", "odd-directory", "directory-outside"],
)
def test_a_picture_whose_end_cannot_be_told_is_accepted(inspect: Inspect, strange: bytes) -> None:
    """Its pixels decide; nothing is said of what may stand behind them."""
    assert (inspect(strange).notes or ())[:1] == (Note("converted_format", "tiff"),)


def with_numbers(source: bytes, numbers: int) -> bytes:
    """A TIFF that names so many directories in front of its own one, which are all none."""
    (first,) = struct.unpack_from("<I", source, 4)
    (count,) = struct.unpack_from("<H", source, first)
    entries = source[first + 2 : first + 2 + 12 * count]
    behind = len(source) + 2 + 12 * (count + 1) + 4
    table = struct.pack("<H", count + 1) + entries + struct.pack("<HHII", 330, 4, numbers, behind) + bytes(4)
    return source[:4] + struct.pack("<I", len(source)) + source[8:] + table + bytes(4 * numbers)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("numbers", "removed"), [(50_000, [14]), (200_000, [])])
def test_very_large_tables_are_not_read_for_the_end(inspect: Inspect, numbers: int, removed: list[int]) -> None:
    """No file makes anybody read its tables for long; such a one is a picture all the same."""
    notes = inspect(with_numbers(tiff(photo(60, 40)), numbers) + b"SECRET 48.137N").notes or ()
    assert [note.measured for note in notes if note.code == "removed_trailing_bytes"] == removed


@pytest.mark.parametrize("mode", ["F", "I"])
def test_measurements_are_no_colours(inspect: Inspect, mode: str) -> None:
    """Samples of 32 bits say nothing about what white is."""
    with pytest.raises(ImageUndecodable):
        inspect(tiff(photo(30, 20).convert(mode)))


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize("source", [tiff(photo(96, 64)), tiff(photo(96, 64), compression="tiff_lzw"), TURNED, ALPHA])
def test_what_is_cut_short_is_refused(inspect: Inspect, source: bytes, tenth: int) -> None:
    """A file cut off anywhere is damaged, not a picture."""
    with pytest.raises(ImageUndecodable):
        inspect(source[: len(source) * tenth // 10])


def test_a_telephone_s_picture_shows_upright_and_in_its_colours(build: Build, inspect: Inspect) -> None:
    """A HEIC becomes a JPEG without place or maker; renditions are in sRGB."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    facts = inspect(TURNED)
    notes = Note("converted_format", "heic"), Note("converted_colour", "test"), Note("removed_location")
    assert facts == Facts("jpeg", 64, 96, notes=notes, converted_from="heic", marks=NO_MARKS)
    clean, small = build(TURNED, None, (96, 96))
    assert b"SECRET" not in clean.data
    assert not decoded(clean.data).getexif()
    upright = smooth(96, 64).transpose(Image.Transpose.ROTATE_270)
    assert decoded(clean.data).info["icc_profile"] == profiles.rgb(profiles.DISPLAY_P3)
    assert mean_delta_e(decoded(clean.data), upright) < 2
    assert mean_delta_e(decoded(small.data), seen(upright, P3, gamma(2.2))) < 2


def test_what_a_telephone_cut_out_stays_so(build: Build, inspect: Inspect) -> None:
    """A transparent HEIC becomes a PNG, since a JPEG could not say so."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    facts = inspect(ALPHA)
    assert (facts.format, facts.has_alpha) == ("png", True)
    clean, small = build(ALPHA, None, (48, 48))
    assert decoded(clean.data).getchannel("A").getextrema() == (0, 255) or decoded(clean.data).mode == "RGBA"
    assert decoded(small.data).mode == "RGBA"


def test_without_the_extra_a_heic_is_no_format_of_ours(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder is there where it was asked for, and only in the children."""
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    with pytest.raises(FormatNotAllowed):
        child.inspect(write(TURNED), LIMITS)
