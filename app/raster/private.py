"""What an upload holds beside its picture, none of which is in a public file. Found for notes alone, so damage reads as
absence (native.md 6)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from PIL import Image

from app.model import Note, SourceFormat
from app.raster.buffer import Buffer
from app.raster.clean import gif, jpeg, png, webp
from app.raster.clean.exif import HEADER
from app.raster.clean.png_chunks import chunks

_EXIF, _GPS, _THUMBNAIL = 0x8769, 0x8825, 1
"""Directories of an Exif block: what the camera tells, where it was, a picture of the picture."""
_FIELDS: Final[Mapping[str, tuple[int, ...]]] = {
    "serial": (0xA431, 0xA435, 0xC62F),
    "owner": (0xA430, 0x9C9D),
    "comment": (0x9286, 0x010E, 0x9C9C),
    "maker_note": (0x927C,),
}
_WORDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "location": (b"GPSLatitude", b"GPSLongitude"),
    "serial": (b"aux:SerialNumber", b"exifEX:BodySerialNumber", b"exifEX:LensSerialNumber"),
    "owner": (b"aux:OwnerName", b"exifEX:CameraOwnerName"),
}
"""Of XMP, in whatever container it lies uncompressed."""
_PACKET: Final = b"rdf:RDF"
_LONGEST_PACKET: Final = 1024 * 1024
_THUMBNAIL_IN_JFIF: Final = b"JFXX\0"
_FURTHER_PICTURES: Final = b"MPF\0"
_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
_KEPT_TEXTS: Final = (b"XML:com.adobe.xmp\0", b"Copyright\0")
_COMMENT: Final = 0xFE
_EXIF_OF: Final[Mapping[SourceFormat, Callable[[Buffer], bytes | None]]] = {
    "jpeg": jpeg.exif_of,
    "png": png.exif_of,
    "webp": webp.exif_of,
}


def notes_on_private(upload: Buffer, fmt: SourceFormat, image: Image.Image) -> Iterator[Note]:
    """A place, and each kind of the rest once. `image` is the upload, opened."""
    found: set[str] = set()
    for search in (_of_exif, _of_xmp, _of_container):
        with suppress(Exception):  # Pillow tells damage of metadata by many exceptions
            found |= set(search(upload, fmt, image))
    if "location" in found:
        yield Note("removed_location")
    for kind in sorted(found - {"location"}):
        yield Note("removed_metadata", kind)


def _of_exif(upload: Buffer, fmt: SourceFormat, image: Image.Image) -> Iterator[str]:
    exif = Image.Exif()
    if fmt in _EXIF_OF:
        exif.load(HEADER + (_EXIF_OF[fmt](upload) or b"").removeprefix(HEADER))
    else:
        exif = image.getexif()
    fields = {**exif, **exif.get_ifd(_EXIF)}
    for kind, tags in _FIELDS.items():
        if any(_is_filled(fields.get(tag)) for tag in tags):
            yield kind
    if any(tag in exif.get_ifd(_GPS) for tag in (2, 4)):
        yield "location"
    if exif.get_ifd(_THUMBNAIL):
        yield "thumbnail"


def _is_filled(value: object) -> bool:
    """Cameras write blanks where they have nothing to say."""
    if isinstance(value, bytes):
        value = value.removeprefix(b"ASCII\0\0\0").strip(b" \0")
    return bool(value.strip(" \0") if isinstance(value, str) else value)


def _of_xmp(upload: Buffer, *_: object) -> Iterator[str]:
    start = upload.find(_PACKET)
    packet = upload[start : start + _LONGEST_PACKET] if start >= 0 else b""
    for kind, words in _WORDS.items():
        if any(word in packet for word in words):
            yield kind


def _of_container(upload: Buffer, fmt: SourceFormat, image: Image.Image) -> Iterator[str]:
    if fmt in _SEARCHES:
        yield from _SEARCHES[fmt](upload)
    elif fmt in ("tiff", "heic") and getattr(image, "n_frames", 1) > 1:
        yield "second_image"


def _of_jpeg(upload: Buffer) -> Iterator[str]:
    for segment in jpeg.Walk(upload).segments(scans=False):
        yield from _of_segment(segment)


def _of_png(upload: Buffer) -> Iterator[str]:
    if any(one.kind in _TEXTS and not _is_kept(upload, one.start) for one in chunks(upload)):
        yield "text"


def _of_gif(upload: Buffer) -> Iterator[str]:
    if any(block.label == _COMMENT for block in gif.blocks(upload)):
        yield "comment"


_SEARCHES: Final[Mapping[SourceFormat, Callable[[Buffer], Iterator[str]]]] = {
    "jpeg": _of_jpeg,
    "png": _of_png,
    "gif": _of_gif,
}


def _of_segment(segment: jpeg.Segment) -> Iterator[str]:
    match segment.marker:
        case 0xFE if segment.payload.strip(b" \0"):
            yield "comment"
        case 0xE0 if segment.payload.startswith(_THUMBNAIL_IN_JFIF):
            yield "thumbnail"
        case 0xE2 if segment.payload.startswith(_FURTHER_PICTURES):
            yield "second_image"
        case _:
            return


def _is_kept(upload: Buffer, start: int) -> bool:
    return any(upload[start : start + len(keyword)] == keyword for keyword in _KEPT_TEXTS)
