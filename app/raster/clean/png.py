"""Takes everything out of a PNG that is not needed to show it; the compressed pixels stay as they are."""

import zlib
from dataclasses import dataclass, field
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean import apng, exif, xmp
from app.raster.clean.png_chunks import END, Chunk, Header, chunks, header_of, written
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_LENGTHS: Final = {
    b"gAMA": (4,),
    b"cHRM": (32,),
    b"sRGB": (1,),
    b"cICP": (4,),
    b"mDCV": (24,),
    b"cLLI": (8,),
    b"sBIT": (1, 2, 3, 4),
    b"bKGD": (1, 2, 6),
    b"pHYs": (9,),
}
"""Colour and presentation: what is kept beside pixels, and how long it is."""
_TRANSPARENCY: Final = {0: range(2, 3), 2: range(6, 7), 3: range(1, 257)}
"""Of each colour type that takes one: the length of tRNS."""
_DECLARED: Final = frozenset((*_LENGTHS, b"tRNS", b"iCCP"))
LARGEST_PROFILE: Final = 1 << 24
"""Bytes of a colour profile, inflated."""
_TEXT: Final = (b"tEXt", b"zTXt", b"iTXt")
_NOTICE: Final = b"Copyright\0"
_XMP: Final = b"XML:com.adobe.xmp\0\0\0\0\0"


@dataclass(slots=True)
class _Kept:
    """Kind and body of each chunk that stays; the kinds of broken ones that viewers leave out; whether a decoder may
    have taken something in another way; where the last one ends."""

    chunks: list[tuple[bytes, bytes]] = field(default_factory=list)
    ignored: list[bytes] = field(default_factory=list)
    doubtful: bool = False
    end: int = 0


def exif_of(data: Buffer) -> bytes | None:
    return next((data[one.start : one.end] for one in chunks(data) if one.kind == b"eXIf" and one.sound), None)


def header(data: Buffer) -> bytes:
    """What says how large the picture is and what it may hold, without any of its pixels."""
    return written([*_kept(data, keep_copyright=False, pixels=False).chunks, (b"IDAT", b"")])


def clean(data: Buffer, *, keep_copyright: bool) -> Cleaned:
    """The same pixels, colour and orientation, and a copyright notice where wanted; nothing behind IEND."""
    kept = _kept(data, keep_copyright=keep_copyright)
    if b"IDAT" not in (kind for kind, _ in kept.chunks):
        raise ImageUndecodable("png: no pixels")
    ignored = (kind.decode("latin-1") for kind in dict.fromkeys(kept.ignored))
    behind = max(0, len(data) - kept.end - len(END))
    return Cleaned(written(kept.chunks), kept.doubtful, ignored=tuple(ignored), behind=behind)


def _kept(data: Buffer, *, keep_copyright: bool, pixels: bool = True) -> _Kept:
    """Without `pixels` what stands in front of them."""
    shape, kept = header_of(data), _Kept()
    moving = apng.is_sound(data, chunks(data), shape)
    seen: set[bytes] = set()
    last = b""
    for chunk in chunks(data):
        if chunk.kind == b"IDAT" and not pixels:
            break
        kept.end = chunk.end + 4
        if chunk.kind in apng.KINDS and not moving:
            kept.ignored.append(chunk.kind)
            continue
        body = _body(chunk, data, shape, keep_copyright=keep_copyright)
        if body is None:
            kept.ignored.append(chunk.kind)
        elif body or chunk.kind == b"IDAT":
            kept.chunks.append((chunk.kind, body))
            kept.doubtful |= _is_odd(chunk.kind, last, seen)
            seen.add(chunk.kind)
        last = chunk.kind
    return kept


def _is_odd(kind: bytes, last: bytes, seen: set[bytes]) -> bool:
    """What the standard forbids and every decoder takes as it likes: a second chunk of a kind, or one too late."""
    if kind in (b"fcTL", b"fdAT", *_TEXT, b"eXIf"):
        return False
    if kind == b"IDAT":
        return kind in seen and last != kind
    return kind in seen or b"IDAT" in seen


def _body(chunk: Chunk, data: Buffer, shape: Header, *, keep_copyright: bool) -> bytes | None:
    """What stays of a chunk; empty where nothing does, None where viewers would leave it out, too."""
    body = data[chunk.start : chunk.end]
    match chunk.kind:
        case b"IDAT" | b"acTL" | b"fcTL" | b"fdAT":
            return body
        case b"IHDR" | b"PLTE":
            if not chunk.sound:
                raise ImageUndecodable("png: a wrong checksum")
            return body
        case b"tEXt" | b"zTXt" | b"iTXt":
            return _notice(body) if keep_copyright and chunk.sound else b""
        case b"eXIf":
            return exif.reduced(body, keep_copyright=keep_copyright) if chunk.sound else None
        case kind if kind in _DECLARED:
            return _declared(kind, body, shape) if chunk.sound else None
        case _:
            return b""


def _declared(kind: bytes, body: bytes, shape: Header) -> bytes | None:
    """What says how pixels are meant, unless it makes no sense."""
    if kind == b"iCCP":
        return _profile(body)
    lengths = _TRANSPARENCY.get(shape.colour, ()) if kind == b"tRNS" else _LENGTHS[kind]
    return body if len(body) in lengths else None


def _profile(body: bytes) -> bytes | None:
    """The chunk of a profile without what is private in it; None where it holds none."""
    name, _, packed = body.partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(packed[1:], LARGEST_PROFILE) if packed[:1] == b"\0" else b""
    except zlib.error:
        return None
    if not profile or not inflate.eof:
        return None
    public = without_private(profile)
    return body[: len(body) - len(inflate.unused_data)] if public == profile else name + b"\0\0" + zlib.compress(public)


def _notice(text: bytes) -> bytes:
    """What a text chunk says of copyright; empty where it says nothing."""
    if text.startswith(_NOTICE):
        return text
    packet = xmp.copyright_only(text) if text.startswith(_XMP) else b""
    return _XMP + packet if packet else b""
