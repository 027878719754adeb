"""What inspection notes of an upload: of each kind one that has it, and one that only looks like it (native.md 6)."""

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

import pytest
from PIL import Image, ImageCms, ImageOps

from app.errors import ImageTruncated, ImageUndecodable
from app.model import Format, Note, SourceFormat
from app.raster.child import work as child
from app.raster.colour.icc import rgb_profile
from app.raster.colour.space import ADOBE_RGB
from tests.raster.conftest import LIMITS, Write
from tests.raster.pictures import encoded, photo, segment

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_WIDE: Final = (rgb_profile(ADOBE_RGB) or b"").replace(b"declared", b"A \0space")


def _exif(directory: int | None, tags: Mapping[int, Any]) -> bytes:
    exif = Image.Exif()
    target = exif if directory is None else exif.get_ifd(directory)
    target.update(tags)
    return exif.tobytes()


_CAMERA: Final = {0xA431: "12345", 0xA430: "Somebody", 0x9286: b"ASCII\0\0\0 hello", 0x927C: b"x" * 20}
_OF_CAMERA: Final = ("comment", "maker_note", "owner", "serial")
_BLANK: Final = {0xA431: "   ", 0x9286: b"ASCII\0\0\0\0\0\0\0"}
_PLACE: Final = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 1.0)}
_XMP: Final = (
    b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description "
    b"exif:GPSLatitude='52,31N' aux:SerialNumber='1'/></rdf:RDF></x:xmpmeta>"
)


def _jpeg(**options: Any) -> bytes:
    return encoded(photo(64, 48), "jpeg", **options)


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    data = encoded(photo(64, 48), "png")
    more = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return data[:33] + more + data[33:]


def _with_segment(marker: int, payload: bytes) -> bytes:
    data = _jpeg()
    return data[:2] + segment(marker, payload) + data[2:]


def _two_pictures() -> bytes:
    target = io.BytesIO()
    photo(64, 48).save(target, "MPO", save_all=True, append_images=[ImageOps.invert(photo(64, 48))])
    return target.getvalue()


def _metadata(*kinds: str) -> list[Note]:
    return [Note("removed_metadata", kind) for kind in kinds]


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (_jpeg(), []),
        (_jpeg(icc_profile=_SRGB), []),
        (_jpeg(icc_profile=_WIDE), [Note("converted_colour", "A")]),
        (encoded(photo(64, 48, "CMYK"), "jpeg"), [Note("converted_colour", "CMYK")]),
        (_png((b"cICP", b"\x09\x10\0\1")), [Note("converted_colour", "BT.2020"), Note("clipped_hdr", "pq")]),
        (_png((b"cICP", b"\x09\x12\0\1")), [Note("converted_colour", "BT.2020"), Note("clipped_hdr", "hlg")]),
        (_png((b"cICP", b"\x01\x0d\0\1")), []),
        (_png((b"sRGB", b"\0")), []),
        (_jpeg(exif=_exif(0x8825, _PLACE)), [Note("removed_location")]),
        (_jpeg(exif=_exif(0x8825, {1: "N"})), []),
        (_with_segment(0xE1, _XMP), [Note("removed_location"), *_metadata("serial")]),
        (_jpeg(exif=_exif(0x8769, _CAMERA)), _metadata("comment", "maker_note", "owner", "serial")),
        (_jpeg(exif=_exif(0x8769, _BLANK)), []),
        (_jpeg(exif=_exif(None, {0x0112: 6, 0x8298: "(c) somebody"})), []),
        (_jpeg(exif=_exif(None, {0x010E: "A dress"})), _metadata("comment")),
        (_jpeg(comment=b"made by hand"), _metadata("comment")),
        (_with_segment(0xE0, b"JFXX\0\x10" + b"x" * 9), _metadata("thumbnail")),
        (_png((b"tEXt", b"Comment\0hello")), _metadata("text")),
        (_png((b"tEXt", b"Copyright\0somebody")), []),
        (encoded(photo(64, 48), "gif", comment=b"hello"), _metadata("comment")),
        (encoded(photo(64, 48), "webp", exif=_exif(0x8825, _PLACE)), [Note("removed_location")]),
        (
            encoded(photo(64, 48), "avif", exif=_exif(0x8769, _CAMERA)),
            _metadata("comment", "maker_note", "owner", "serial"),
        ),
    ],
)
def test_a_note_is_there_for_what_is_there(write: Write, data: bytes, notes: list[Note]) -> None:
    """And for nothing else."""
    assert list(child.inspect(write(data), LIMITS).notes or ()) == notes


def test_further_pictures_are_noted(write: Write) -> None:
    """Beside what stands behind the first one."""
    found = child.inspect(write(_two_pictures()), LIMITS).notes or ()
    assert Note("removed_metadata", "second_image") in found


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_what_spree_takes_of_a_picture_that_ends_early_is_noted(write: Write, share: float) -> None:
    """And only there."""
    data = _jpeg()
    cut = data[: int(len(data) * share)]
    assert Note("truncated") in (child.inspect(write(cut), LIMITS, False).notes or ())
    assert child.inspect(write(data), LIMITS, False).notes == ()


@pytest.mark.parametrize("fmt", ["jpeg", "png", "gif", "webp", "avif", "tiff"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_file_that_ends_early_is_told_from_a_damaged_one(write: Write, fmt: SourceFormat, share: float) -> None:
    """By what its container announces; a file that is whole and damaged is only damaged."""
    target = io.BytesIO()
    photo(96, 64).save(target, fmt.upper())
    data = target.getvalue()
    with pytest.raises(ImageTruncated):
        child.inspect(write(data[: int(len(data) * share)]), LIMITS)


@pytest.mark.parametrize(
    ("fmt", "damage"),
    [("jpeg", b"\xff\xc4\0\x04\0\0"), ("png", b"\0" * 40), ("gif", b"\x7f" * 8), ("webp", b"\0" * 60)],
)
def test_a_damaged_file_does_not_end_early(write: Write, fmt: Format, damage: bytes) -> None:
    """Its end is there."""
    data = bytearray(encoded(photo(96, 64), fmt))
    at = {"jpeg": 20, "png": 37, "gif": 781, "webp": 12}[fmt]
    data[at : at + len(damage)] = damage
    with pytest.raises(ImageUndecodable) as caught:
        child.inspect(write(bytes(data)), LIMITS)
    assert not isinstance(caught.value, ImageTruncated)
