"""Writes a GIF frame by frame: every frame and its timing stays, and only what changed is stored again."""

import io
import struct
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageChops

from app.raster.animation.frames import FOREVER, Animation
from app.raster.clean import gif

_STEPS: Final = ((256, 0), (128, 8), (64, 16))
"""How many colours a frame has, and by how much of 255 a pixel may have changed without being stored again: all that
can be seen, and what is tried where that would be larger than what it was made from."""

_LEVELS: Final = [round(round(value * 63 / 255) * 255 / 63) for value in range(256)] * 3
"""Of each channel as many as can be told apart in a palette: to choose colours takes a seventh of the time then."""

_OPAQUE_FROM: Final = 128
_KEEP, _RESTORE = 1, 2
_TRAILER: Final = b"\x3b"
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"


def write(animation: Animation, most: int | None = None) -> bytes | None:
    """The animation as GIF; each frame has a palette of its own. Colours and small changes are left out where it
    would not have less than `most` bytes; where that is not enough a still keeps all its colours, and an
    animation is None."""
    for colours, unseen in _STEPS:
        data = _written(animation, colours, unseen, most)
        if data is not None:
            return data
    return None if animation.moves else _written(animation, *_STEPS[0], None)


def _written(animation: Animation, colours: int, unseen: int, most: int | None) -> bytes | None:
    width, height = animation.image(0).size
    written = bytearray(b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + _loop(animation))
    for frame in _frames(animation, colours, unseen):
        written += frame
        if most is not None and len(written) + len(_TRAILER) >= most:
            return None
    return bytes(written + _TRAILER)


def _frames(animation: Animation, colours: int, unseen: int) -> Iterator[bytes]:
    timed = zip(animation.images(), animation.milliseconds, strict=True)
    if any(map(_is_see_through, animation.images())):
        for frame, milliseconds in timed:
            yield _frame(_cut_out(frame, colours), (0, 0), milliseconds, _RESTORE)
        return
    shown: Image.Image | None = None
    for frame, milliseconds in timed:
        seen = frame.convert("RGB")
        if shown is None:
            yield _frame(_few(seen, colours), (0, 0), milliseconds, _KEEP)
            shown = seen
            continue
        same = _unchanged(shown, seen, unseen)
        box = ImageChops.invert(same).getbbox() or (0, 0, 1, 1)  # never empty, since the frame itself has to stay
        yield _frame(_indexed(seen.crop(box), same.crop(box), colours), box[:2], milliseconds, _KEEP)
        shown = Image.composite(shown, seen, same)


def _is_see_through(frame: Image.Image) -> bool:
    return "A" in frame.getbands() and frame.getchannel("A").getextrema() != (255, 255)


def _loop(animation: Animation) -> bytes:
    if animation.plays == 1:
        return b""
    repeats = FOREVER if animation.plays == FOREVER else animation.plays - 1
    return _LOOP + struct.pack("<HB", min(repeats, 0xFFFF), 0)


def _unchanged(shown: Image.Image, seen: Image.Image, unseen: int) -> Image.Image:
    """255 wherever a pixel may stay as it is shown: long runs of one value cost little."""
    bands = ImageChops.difference(shown, seen).split()
    strongest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return strongest.point(lambda value: 255 if value <= unseen else 0)


def _cut_out(frame: Image.Image, colours: int) -> Image.Image:
    whole = frame.convert("RGBA")
    hidden = whole.getchannel("A").point(lambda value: 0 if value >= _OPAQUE_FROM else 255)
    return _indexed(whole.convert("RGB"), hidden, colours)


def _few(part: Image.Image, colours: int) -> Image.Image:
    """At most so many colours: the very same ones where there are not more."""
    rough = part if part.getcolors(colours) else part.point(_LEVELS)
    return rough.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _indexed(part: Image.Image, hidden: Image.Image, colours: int) -> Image.Image:
    """One colour less, and an index of its own behind the others wherever `hidden` is set."""
    indexed = _few(part, colours - 1)
    transparent = _last_index(indexed) + 1
    indexed.paste(transparent, mask=hidden)
    indexed.info["transparency"] = transparent
    return indexed


def _last_index(indexed: Image.Image) -> int:
    highest = indexed.getextrema()[1]
    assert isinstance(highest, int)
    return highest


def _frame(indexed: Image.Image, corner: tuple[int, int], milliseconds: int, disposal: int) -> bytes:
    """Pillow compresses; its control and image blocks are taken over, and its palette becomes the frame's own."""
    target = io.BytesIO()
    indexed.save(target, "GIF", optimize=False, interlace=False, duration=milliseconds, disposal=disposal)
    data = target.getvalue()
    last = max(_last_index(indexed), indexed.info.get("transparency", 0))
    bits = max(1, last.bit_length())
    table = data[13 : gif.header_length(data)][: 3 << bits].ljust(3 << bits, b"\0")
    parts: list[bytes] = []
    for block in gif.blocks(data):
        whole = data[block.start : block.end]
        if block.kind == gif.IMAGE:
            flags = bytes((0x80 | (bits - 1),))
            parts += (b"\x2c", struct.pack("<HH", *corner), whole[5:9], flags, table, whole[10:])
        elif block.label == gif.CONTROL:
            parts.append(whole)
    return b"".join(parts)
