"""Finds the marks that an upload carries: in XMP first, then in IPTC's older block, then in Exif's notice."""

import io
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Final

from PIL import ExifTags, Image

from app.errors import ImageUndecodable
from app.model import SourceFormat
from app.raster.buffer import Buffer
from app.raster.clean import gif
from app.raster.clean.iptc import datasets
from app.raster.converted import opened_upload
from app.raster.facts.sniff import open_image
from app.raster.marks import texts, xmp
from app.raster.marks.model import UNMARKED, Marks

_IPTC: Final = 0x0404
_BY_LINE, _CREDIT, _NOTICE = (2, 80), (2, 110), (2, 116)
_PNG_HEAD: Final = 8
_PNG_KEYWORD: Final = b"XML:com.adobe.xmp\0"
_GIF_HEAD: Final = b"\x21\xff\x0bXMP DataXMP"
_GIF_TRAILER: Final = 258
"""Bytes behind a GIF's packet, by which readers that count in blocks find its end."""
_LONGEST: Final = 4 * 1024 * 1024


def marks_of(data: Buffer, fmt: SourceFormat) -> Marks:
    """The marks of a file in this format. Damage reads as absence."""
    given = UNMARKED
    for further in _found(data, fmt):
        given = _beside(given, further)
    return given


def _beside(given: Marks, further: Marks) -> Marks:
    """What is said already counts; the further marks fill what is empty."""
    names = (name for name in Marks.__dataclass_fields__ if not getattr(given, name))
    return replace(given, **{name: getattr(further, name) for name in names})


def _found(data: Buffer, fmt: SourceFormat) -> Iterator[Marks]:
    """What weighs most comes first. Pillow finds packets but for those of PNG and GIF; it tells damage of metadata by
    many exceptions."""
    if fmt == "png":
        yield from map(xmp.marks_of, _of_png(data))
    if fmt == "gif":
        with suppress(ImageUndecodable):
            yield from map(xmp.marks_of, _of_gif(data))
    with suppress(Exception), _opened(data, fmt) as image:
        if isinstance(packet := image.info.get("xmp"), bytes):
            yield xmp.marks_of(packet)
        yield _of_iptc(image)
        yield _of_exif(image)


def _opened(data: Buffer, fmt: SourceFormat) -> AbstractContextManager[Image.Image]:
    if fmt == "tiff" or fmt == "heic":
        return opened_upload(data, fmt)
    return open_image(io.BytesIO(data[:]), fmt)


def _of_png(data: Buffer) -> Iterator[bytes]:
    """Wherever in the file they stand, as they are or compressed."""
    at = _PNG_HEAD
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"iTXt" and length < _LONGEST:
            body = data[at + 8 : at + 8 + length]
            if body.startswith(_PNG_KEYWORD):
                yield _png_text(body[len(_PNG_KEYWORD) :])
        at += 12 + length


def _png_text(body: bytes) -> bytes:
    """Behind the keyword: whether it is compressed, how, its language, a translated keyword, the text."""
    packed, rest = body[:1] == b"\1", body[2:].split(b"\0", 2)
    if len(rest) < 3:
        return b""
    if not packed:
        return rest[2]
    try:
        return zlib.decompressobj().decompress(rest[2], _LONGEST)
    except zlib.error:
        return b""


def _of_gif(data: Buffer) -> Iterator[bytes]:
    for block in gif.blocks(data):
        whole = data[block.start : block.end]
        if whole.startswith(_GIF_HEAD) and len(whole) < _LONGEST:
            yield whole[len(_GIF_HEAD) : -_GIF_TRAILER]


def _of_iptc(image: Image.Image) -> Marks:
    resources = image.info.get("photoshop")
    block = resources.get(_IPTC) if isinstance(resources, dict) else None
    if not isinstance(block, bytes):
        return UNMARKED
    found: dict[tuple[int, int], list[str]] = {}
    for record, number, raw in datasets(block):
        found.setdefault((record, number), []).append(texts.text(texts.decoded(raw)))
    first = {key: next(filter(None, values), "") for key, values in found.items()}
    return Marks(
        rights=first.get(_NOTICE, ""),
        creator=tuple(dict.fromkeys(filter(None, found.get(_BY_LINE, []))))[:8],
        credit=first.get(_CREDIT, ""),
    )


def _of_exif(image: Image.Image) -> Marks:
    """The photographer's notice, and the editor's behind a zero."""
    notice = image.getexif().get(ExifTags.Base.Copyright, "")
    if not isinstance(notice, str):
        return UNMARKED
    parts = (texts.text(part) for part in notice.split("\0"))
    return Marks(rights="; ".join(filter(None, parts)))
