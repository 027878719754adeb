"""Writes a GIF frame by frame: every frame and its timing stays, and only what changed is stored again."""

import io
import struct
from typing import Final

from PIL import Image, ImageChops

from app.raster.animation.frames import FOREVER, Film
from app.raster.clean import gif

Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge in pixels."""

_TRANSPARENT: Final = 255
_OPAQUE_FROM: Final = 128
_KEEP, _RESTORE = 1, 2
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"


def write(film: Film) -> bytes:
    """The film as GIF; each frame has a palette of its own."""
    width, height = film.frames[0].size
    see_through = any("A" in frame.getbands() for frame in film.frames)
    parts = [b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0), _loop(film)]
    previous = None
    for frame, milliseconds in zip(film.frames, film.milliseconds, strict=True):
        if see_through:
            parts.append(_frame(_cut_out(frame), (0, 0), milliseconds, _RESTORE))
        else:
            seen = frame.convert("RGB")
            box = _changed(previous, seen)
            parts.append(_frame(_difference(previous, seen, box), box[:2], milliseconds, _KEEP))
            previous = seen
    return b"".join(parts) + b"\x3b"


def _loop(film: Film) -> bytes:
    if film.plays == 1:
        return b""
    repeats = FOREVER if film.plays == FOREVER else film.plays - 1
    return _LOOP + struct.pack("<HB", min(repeats, 0xFFFF), 0)


def _changed(previous: Image.Image | None, seen: Image.Image) -> Box:
    """What has to be drawn again; never empty, since the frame itself has to stay."""
    if previous is None:
        return (0, 0, *seen.size)
    return ImageChops.difference(previous, seen).getbbox() or (0, 0, 1, 1)


def _difference(previous: Image.Image | None, seen: Image.Image, box: Box) -> Image.Image:
    """The changed part, transparent where it did not change: long runs of one value cost little."""
    part = seen.crop(box)
    if previous is None:
        return part.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    bands = ImageChops.difference(part, previous.crop(box)).split()
    strongest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return _indexed(part, strongest.point(lambda value: 255 if value == 0 else 0))


def _cut_out(frame: Image.Image) -> Image.Image:
    whole = frame.convert("RGBA")
    hidden = whole.getchannel("A").point(lambda value: 0 if value >= _OPAQUE_FROM else 255)
    return _indexed(whole.convert("RGB"), hidden)


def _indexed(part: Image.Image, hidden: Image.Image) -> Image.Image:
    """At most 255 colours, and the last index wherever `hidden` is set."""
    indexed = part.quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    indexed.paste(_TRANSPARENT, mask=hidden)
    indexed.info["transparency"] = _TRANSPARENT
    return indexed


def _frame(indexed: Image.Image, corner: tuple[int, int], milliseconds: int, disposal: int) -> bytes:
    """Pillow compresses; its control and image blocks are taken over, and its palette becomes the frame's own."""
    target = io.BytesIO()
    indexed.save(target, "GIF", optimize=False, interlace=False, duration=milliseconds, disposal=disposal)
    data = target.getvalue()
    table = data[13 : gif.header_length(data)]
    parts: list[bytes] = []
    for block in gif.blocks(data):
        whole = data[block.start : block.end]
        if block.kind == gif.IMAGE:
            size_bits = data[10] & 0x07
            parts += (b"\x2c", struct.pack("<HH", *corner), whole[5:9], bytes((0x80 | size_bits,)), table, whole[10:])
        elif block.label == gif.CONTROL:
            parts.append(whole)
    return b"".join(parts)
