"""Blanks what is private in an AVIF where it stands: no byte moves, so every offset in the file stays true.

What a decoder needs is listed, and all else becomes zeros: of boxes, items, frames and the units within them.
"""

from collections.abc import Iterator
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean import exif
from app.raster.clean.avif import tracks
from app.raster.clean.avif.boxes import Box, boxes, emptied, freed, without_words_behind_kind
from app.raster.clean.avif.coded import without_words
from app.raster.clean.avif.items import Entry, Items, inner_of, items_of
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_NEEDED: Final = frozenset((b"ftyp", b"meta", b"moov", b"mdat"))
_OF_META: Final = frozenset((b"hdlr", b"pitm", b"iinf", b"iref", b"iprp", b"iloc", b"idat", b"grpl", b"dinf"))
_PROPERTIES: Final = frozenset(
    b"ispe pixi av1C colr pasp irot imir clap auxC a1op a1lx lsel clli mdcv cclv amve reve ndwt".split()
)
"""What decoders read of an item's properties."""
_NAMES: Final = frozenset((b"", b"Color", b"Alpha", b"Exif", b"XMP", b"GMap", b"TMap"))
"""Names of items that tell nobody anything."""
_PACKET: Final = b"application/rdf+xml"
_PROFILES: Final = (b"prof", b"rICC")
_GRID_LONGEST: Final = 12
_TONES_HEAD, _TONES_OF_A_CHANNEL, _SEVERAL_CHANNELS = 22, 40, 0x80
_EMPTY_TIFF: Final = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
_RDF: Final = b"<rdf:RDF"


def clean(data: Buffer, *, keep_copyright: bool) -> Cleaned:
    """The same coded pixels, rotation and colour; Exif, XMP and everything unknown blanked, nothing behind them.

    Doubtful always: too many ways lead from an item to its pixels.
    """
    top, end = list(_top(data)), end_of(data)
    view = data[:end]
    result = bytearray(view)
    for box in top:
        if box.name == b"mdat":
            emptied(result, box.start, box.end)
        elif box.name not in _NEEDED and box.end <= end:
            freed(result, box)
    for box in (box for box in top if box.name == b"meta"):
        _clean_items(result, view, box, keep_copyright=keep_copyright)
    for box in (box for box in top if box.name == b"moov"):
        _clean_tracks(result, view, box)
    return Cleaned(bytes(result), doubtful=True, behind=len(data) - end)


def end_of(data: Buffer) -> int:
    """Behind the last box that is needed; ImageUndecodable where one of them runs past the end of the file."""
    return max((box.end for box in _top(data) if box.name in _NEEDED), default=0)


def with_packet(data: bytes, upload: Buffer, packet: bytes) -> bytes:
    """The cleaned file with an XMP packet where the upload had one; unchanged where it had none, or a shorter one."""
    meta = next((box for box in _top(upload) if box.name == b"meta"), None)
    try:
        items = items_of(upload, meta) if meta else None
    except ImageUndecodable:
        return data
    for start, end in _packets(upload, items) if items else ():
        if len(packet) <= end - start <= len(data) - start:
            return data[:start] + packet.ljust(end - start) + data[end:]
    return data


def _packets(upload: Buffer, items: Items) -> Iterator[tuple[int, int]]:
    kinds = items.kinds
    for extent in items.extents:
        if kinds.get(extent.item) == b"mime" and _RDF in upload[extent.start : extent.end]:
            yield extent.start, extent.end


def _top(data: Buffer) -> Iterator[Box]:
    """Top-level boxes up to the first thing behind the last needed one that is none."""
    found = set()
    try:
        for box in boxes(data, 0, len(data)):
            found.add(box.name)
            yield box
    except ImageUndecodable:
        if not found >= {b"ftyp", b"meta", b"mdat"}:
            raise


def _clean_items(result: bytearray, view: bytes, meta: Box, *, keep_copyright: bool) -> None:
    """Brings the items back that make up the picture."""
    inner, items = inner_of(view, meta), items_of(view, meta)
    for box in boxes(view, meta.start + 4, meta.end):
        if box.name not in _OF_META:
            freed(result, box)
    if b"idat" in inner:
        emptied(result, inner[b"idat"].start, inner[b"idat"].end)
    if b"hdlr" in inner:
        emptied(result, inner[b"hdlr"].start + 24, inner[b"hdlr"].end)
    for entry in items.entries:
        _blank_names(result, view, entry)
    _blank_properties(result, view, meta)
    _restore(result, view, items, keep_copyright=keep_copyright)


def _restore(result: bytearray, view: bytes, items: Items, *, keep_copyright: bool) -> None:
    """What is no part of the picture first, since pictures may lie where others claim to."""
    kinds = items.kinds
    for extent in items.extents:
        if extent.item not in items.shown:
            body = view[extent.start : extent.end]
            result[extent.start : extent.end] = _blank(body, kinds.get(extent.item), keep_copyright=keep_copyright)
    for extent in items.extents:
        if extent.item in items.shown:
            body = view[extent.start : extent.end]
            result[extent.start : extent.end] = _read_by_decoders(body, kinds[extent.item])


def _read_by_decoders(body: bytes, kind: bytes) -> bytes:
    if kind == b"av01":
        return without_words(body)
    if kind == b"iovl":
        return body  # as long as what lies over each other is many
    length = 0
    if kind == b"grid":
        length = _GRID_LONGEST
    elif kind == b"tmap":
        channels = 3 if body[5:6] and body[5] & _SEVERAL_CHANNELS else 1
        length = _TONES_HEAD + channels * _TONES_OF_A_CHANNEL
    return body[:length].ljust(len(body), b"\0")


def _clean_tracks(result: bytearray, view: bytes, moov: Box) -> None:
    tracks.tidy(result, moov)
    for box in tracks.profiles(view, moov):
        _blank_profile(result, view, box)
    for start, end in tracks.frames(view, moov):
        result[start:end] = without_words(view[start:end])


def _blank_names(result: bytearray, view: bytes, entry: Entry) -> None:
    """Spaces for letters, so that what follows a name is still found; the media type of a packet is needed."""
    name, *types = view[entry.text : entry.end].split(b"\0")
    at = entry.text
    for index, text in enumerate((name, *types)):
        if text not in _NAMES and not (index == 1 and text == _PACKET):
            result[at : at + len(text)] = b" " * len(text)
        at += len(text) + 1


def _blank_properties(result: bytearray, view: bytes, meta: Box) -> None:
    """Unknown ones keep their places, for properties go by number; profiles lose what is private."""
    path = [meta]
    for name in (b"iprp", b"ipco"):
        skip = 4 if name == b"iprp" else 0
        path = [box for one in path for box in boxes(view, one.start + skip, one.end) if box.name == name]
    for box in (box for one in path for box in boxes(view, one.start, one.end)):
        if box.name not in _PROPERTIES:
            emptied(result, box.start, box.end)
        elif box.name == b"colr":
            _blank_profile(result, view, box)
        elif box.name == b"auxC":
            without_words_behind_kind(result, box)


def _blank_profile(result: bytearray, view: bytes, box: Box) -> None:
    """Of what is private; zeros behind its new end."""
    if box.end - box.start > 4 and view[box.start : box.start + 4] in _PROFILES:
        profile = view[box.start + 4 : box.end]
        result[box.start + 4 : box.end] = without_private(profile)[: len(profile)].ljust(len(profile), b"\0")


def _blank(body: bytes, kind: bytes | None, *, keep_copyright: bool) -> bytes:
    """As many bytes as before: a decoder may refuse an Exif item that is no Exif."""
    if kind != b"Exif" or len(body) < 4 + len(_EMPTY_TIFF):
        return bytes(len(body))
    block = exif.reduced(body[4 + int.from_bytes(body[:4], "big") :], keep_copyright=keep_copyright)
    fits = block if block and len(block) + 4 <= len(body) else _EMPTY_TIFF
    return (bytes(4) + fits).ljust(len(body), b"\0")
