"""Which format a file has, and what its header says, before a single pixel is decoded."""

import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from app.errors import FormatNotAllowed, ImageUndecodable
from app.model import SOURCE_FORMATS, Facts, Format, SourceFormat
from app.raster.buffer import File
from app.raster.clean import exif, gif, jpeg, png, webp
from app.raster.converted import converted_facts
from app.raster.facts.foreign import foreign_kind

PLUGINS: Final = (JpegImagePlugin, PngImagePlugin, GifImagePlugin, WebPImagePlugin, AvifImagePlugin)
"""Imported by name: `Image.open` then never looks for further plug-ins, some of which start programs."""

PILLOW_NAMES: Final[dict[Format, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "avif": "AVIF",
}
HEAD_BYTES: Final = 64
"""So many of the first bytes tell a format."""
_BLOCK: Final = 256 * 1024
"""Bytes read at a time: JPEG's decoder is slow near the end of each block, 2 % of its time in Pillow's of 64 KB."""
_AVIF_BRANDS: Final = (b"avif", b"avis")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis")
_TIFF_STARTS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@contextmanager
def mapped(file: File) -> Iterator[mmap.mmap]:
    """The file's bytes without reading them; FormatNotAllowed when it is empty."""
    if isinstance(file, Path):
        with file.open("rb") as opened, mapped(opened.fileno()) as view:
            yield view
        return
    try:
        view = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    except ValueError as error:
        raise FormatNotAllowed("the file is empty") from error
    with view:
        yield view


def sniff(head: bytes) -> SourceFormat:
    """The format that the first bytes announce; FormatNotAllowed for anything outside the closed list."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(_TIFF_STARTS):
        return "tiff"
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:HEAD_BYTES])
    raise FormatNotAllowed(f"unknown first bytes: {head[:16].hex()}")


def _by_brand(brands: bytes) -> SourceFormat:
    if any(brand in brands for brand in _AVIF_BRANDS):
        return "avif"
    if any(brand in brands for brand in _HEIC_BRANDS):
        return "heic"
    raise FormatNotAllowed(f"unknown brand: {brands[:4].hex()}")


def kind_of(head: bytes) -> str:
    """What the first bytes, as many as `foreign` looks at, look like: a `SourceFormat`, the name of a foreign one,
    `empty` or `unknown`."""
    try:
        return sniff(head)
    except FormatNotAllowed:
        return foreign_kind(head) or ("unknown" if head else "empty")


def open_image(file: BinaryIO, fmt: Format) -> Image.Image:
    """The image with its header read; pixels are decoded when they are asked for."""
    try:
        image = Image.open(file, formats=(PILLOW_NAMES[fmt],))
    except UnidentifiedImageError as error:
        raise ImageUndecodable(f"{fmt}: the header cannot be read") from error
    image.decodermaxblock = _BLOCK
    return image


def orientation(data: mmap.mmap, image: Image.Image, fmt: Format) -> int:
    """The Exif orientation 1…8, taken where browsers look for it."""
    match fmt:
        case "jpeg":
            return exif.parse(jpeg.exif_of(data)).orientation
        case "png":
            return exif.parse(png.exif_of(data)).orientation
        case "webp":
            return exif.parse(webp.exif_of(data)).orientation
        case "avif":  # Pillow translates the container's own rotation and mirror boxes
            value = image.getexif().get(exif.ORIENTATION, 1)
            return value if value in range(1, 9) else 1
        case "gif":
            return 1


def facts_of(file: File, *, most_frames: int, allowed: frozenset[SourceFormat] = SOURCE_FORMATS) -> Facts:
    """What the header says. Counting the frames of a GIF stops behind `most_frames`.

    FormatNotAllowed for a format that is not `allowed`, whose decoder then never sees the file.
    """
    with mapped(file) as data:
        fmt = sniff(data[:HEAD_BYTES])
        if fmt not in allowed:
            raise FormatNotAllowed(f"{fmt} is not accepted here")
        if fmt == "tiff" or fmt == "heic":
            return converted_facts(data, fmt)
        with open_image(_header(data, fmt), fmt) as image:
            width, height = image.size
            frames = getattr(image, "n_frames", 1) if fmt in ("png", "webp", "avif") else 1
            if fmt == "gif":
                scene = gif.survey(data, most_frames)
                frames, width, height = scene.frames, max(width, scene.width), max(height, scene.height)
            if width < 1 or height < 1:
                raise ImageUndecodable(f"{fmt}: {width}x{height} pixels")
            return Facts(fmt, width, height, frames, orientation(data, image, fmt), image.has_transparency_data)


def _header(data: mmap.mmap, fmt: Format) -> BinaryIO:
    """What to read it from: odd parts in front of the pixels stop Pillow, where viewers leave them out."""
    match fmt:
        case "jpeg":
            return io.BytesIO(jpeg.header(data))
        case "png":
            return io.BytesIO(png.header(data))
        case _:
            return cast("BinaryIO", data)
