"""Pictures as decoders' own tests have them: every mode, depth and way to store pixels, whole and damaged."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import pytest

from app.errors import ImageRejected
from app.model import Facts, Format
from app.raster.child import work as child
from app.raster.facts.pixels import fingerprint
from tests.raster.conftest import LIMITS, Build, Write
from tests.raster.pictures import encoded, photo, png, published
from tests.raster.test_source import BROKEN_ANIMATION, REENCODED

_SIZE: Final = (37, 23)
"""Odd, so that no block, byte or pass is full."""
_DAMAGES: Final = 2
"""Of each picture."""
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Of each colour type of PNG."""
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def saved(mode: str, kind: str, **options: Any) -> bytes:
    """In a format that Pillow names, whatever the mode."""
    target = io.BytesIO()
    image = photo(*_SIZE)
    image = image.convert("RGB").convert("L").convert("F").convert("I").convert(mode) if mode == "I;16" else image
    image.convert(mode).save(target, kind, **options)
    return target.getvalue()


def raw_png(colour: int, depth: int, *, interlaced: bool) -> bytes:
    """Random samples, each row with another filter's number."""
    samples = random.Random(colour * 100 + depth)
    parts = []
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(_SIZE[0] - left) // across), -(-(_SIZE[1] - top) // down)
        stride = (columns * depth * _CHANNELS[colour] + 7) // 8
        parts += [bytes((row % 5,)) + samples.randbytes(stride) for row in range(rows)]
    shape = struct.pack(">IIBBBBB", *_SIZE, depth, colour, 0, 0, interlaced)
    palette = [(b"PLTE", samples.randbytes(3 * 2**depth))] if colour == 3 else []
    packed = zlib.compress(b"".join(parts))
    pieces = [(b"IDAT", packed[at : at + 200]) for at in range(0, len(packed), 200)]
    return png((b"IHDR", shape), *palette, *pieces)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    ways: list[dict[str, Any]] = [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 2}]
    for mode, options in product(("L", "RGB", "CMYK", "YCbCr"), ways):
        yield f"jpeg {mode} {options}", saved(mode, "JPEG", **options)
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        yield f"jpeg {sampling}", saved("RGB", "JPEG", subsampling=sampling, dpi=(72, 72), comment=b"of a camera")


def _pngs() -> Iterator[tuple[str, bytes]]:
    for colour, depths in _DEPTHS.items():
        for depth, interlaced in product(depths, (False, True)):
            yield f"png {colour} {depth} {interlaced}", raw_png(colour, depth, interlaced=interlaced)


def _gifs() -> Iterator[tuple[str, bytes]]:
    for mode, interlace in product(("1", "L", "P", "RGB", "RGBA"), (0, 1)):
        yield f"gif {mode} {interlace}", saved(mode, "GIF", interlace=interlace, comment=b"made by hand")


def _webps_and_avifs() -> Iterator[tuple[str, bytes]]:
    ways: list[dict[str, Any]] = [{"lossless": True}, {"quality": 60}, {"quality": 60, "alpha_quality": 10}]
    for mode, options in product(("L", "RGB", "RGBA"), ways):
        yield f"webp {mode} {options}", saved(mode, "WEBP", **options)
    for mode, sampling in product(("RGB", "RGBA"), ("4:0:0", "4:2:0", "4:4:4")):
        yield f"avif {mode} {sampling}", saved(mode, "AVIF", subsampling=sampling, speed=10)


def _tiffs() -> Iterator[tuple[str, bytes]]:
    modes = ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16")
    for mode, packing in product(modes, (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")):
        yield f"tiff {mode} {packing}", saved(mode, "TIFF", compression=packing)


def _animations() -> Iterator[tuple[str, bytes]]:
    frames = [photo(*_SIZE).rotate(90 * turn) for turn in range(4)]
    moving: tuple[Format, ...] = ("gif", "png", "webp", "avif")
    for fmt in moving:
        yield f"moving {fmt}", encoded(frames[0], fmt, save_all=True, append_images=frames[1:], duration=40, loop=2)


MADE: Final = dict((*_jpegs(), *_pngs(), *_gifs(), *_webps_and_avifs(), *_tiffs(), *_animations()))


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) // 2, len(data))]


def with_other_byte(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(12, len(data))
    return data[:at] + bytes((data[at] ^ chance.randrange(1, 256),)) + data[at + 1 :]


def with_a_gap(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(12, len(data))
    return data[:at] + data[at + chance.randrange(1, 20) :]


def with_a_tail(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.randrange(1, 3000))


@pytest.mark.parametrize("name", MADE)
def test_every_way_to_store_a_picture_is_taken(write: Write, build: Build, name: str) -> None:
    """Nothing of them is odd, so none is encoded anew, and what is public shows what was uploaded."""
    facts = child.run(60, child.inspect, write(MADE[name]), LIMITS)
    assert REENCODED not in (facts.notes or ())
    _is_shown_as_it_is(MADE[name], facts, build)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("damaged", [cut, with_other_byte, with_a_gap, with_a_tail])
def test_whatever_is_damaged_is_shown_as_it_is(
    write: Write, build: Build, damaged: Callable[[bytes, random.Random], bytes]
) -> None:
    """Refused, or shown pixel for pixel, or noted; and what is accepted can be rendered."""
    chance, accepted = random.Random(damaged.__name__), 0
    for data in MADE.values():
        for _ in range(_DAMAGES):
            source = damaged(data, chance)
            try:
                facts = child.run(60, child.inspect, write(source), LIMITS)
            except ImageRejected:
                continue
            accepted += 1
            _is_shown_as_it_is(source, facts, build)
    assert accepted


def _is_shown_as_it_is(source: bytes, facts: Facts, build: Build) -> None:
    small = build(source, None, (20, 20))[1]
    assert small.width <= 20 >= small.height
    if facts.converted_from or set(facts.notes or ()) & {REENCODED, *BROKEN_ANIMATION}:
        return
    try:
        before = fingerprint(source, facts.format)
    except Exception:  # what Pillow alone stops at has no pixels to compare
        assert facts.notes
        return
    assert fingerprint(published(source, facts.format), facts.format) == before
