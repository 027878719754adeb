"""The tracks of a moving AVIF: where their frames lie, and what may stand around these (ISO/IEC 14496-12 §8)."""

from collections.abc import Iterator
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean.avif.boxes import (
    Box,
    ByteBudget,
    Reader,
    boxes,
    emptied,
    freed,
    version_of,
    without_words_behind_kind,
)

_SEEN: Final = (b"pict", b"auxv", b"vide")
"""Handlers of tracks that show something: pictures, their alpha, films."""
_FOLDERS: Final = frozenset((b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl"))
"""Boxes that hold nothing but boxes."""
_LEAVES: Final = frozenset(
    b"mvhd tkhd tref elst mdhd hdlr vmhd nmhd dref stsd stts ctts stsc stsz stz2 stco co64 stss sdtp".split()
)
"""Boxes by which a decoder finds and times frames."""
_SAMPLE: Final = frozenset((b"av1C", b"colr", b"pasp", b"clap", b"ccst", b"auxi", b"pixi", b"clli", b"mdcv", b"btrt"))
"""Boxes that tell how frames are coded and shown."""
_TIMES: Final = {b"mvhd": 2, b"tkhd": 2, b"mdhd": 2}
"""Boxes that begin with the times of making and of the last change."""
_SAMPLE_HEAD, _ENCODER, _ENCODER_END = 78, 42, 74
"""In the description of frames: the length of what stands before its boxes; the name of the program that coded them."""
_PROGRAMS: Final = (b"\x0aAOM Coding",)
"""Names of programs that tell nobody anything; a name's length stands in front of it."""
_HANDLER_NAME: Final = 24
_MOST_FRAMES: Final = 1_000_000
_DEEPEST: Final = 8
"""Of boxes within each other: `moov`, `trak`, `mdia`, `minf`, `stbl` are five."""


def frames(data: Buffer, moov: Box) -> Iterator[tuple[int, int]]:
    """Where each frame of each track that is shown begins and ends; ImageUndecodable where the tables are broken."""
    budget = ByteBudget.of(data)
    for track in boxes(data, moov.start, moov.end):
        if track.name == b"trak" and _handler(data, track) in _SEEN:
            yield from _frames(data, _child(data, track, b"mdia", b"minf", b"stbl"), budget)


def tidy(result: bytearray, box: Box) -> None:
    """Frees what no decoder asks for, and empties times and names."""
    _tidy(result, bytes(result[: box.end]), box, _DEEPEST)


def _tidy(result: bytearray, view: bytes, box: Box, depth: int) -> None:
    if not depth:
        raise ImageUndecodable("avif: boxes within boxes without end")
    for inner in boxes(view, box.start, box.end):
        if inner.name in _FOLDERS:
            _tidy(result, view, inner, depth - 1)
        elif inner.name in _LEAVES:
            _tidy_leaf(result, view, inner)
        else:
            freed(result, inner)


def _tidy_leaf(result: bytearray, view: bytes, leaf: Box) -> None:
    if leaf.name == b"stsd":
        _tidy_descriptions(result, view, leaf)
    elif leaf.name == b"hdlr":
        emptied(result, leaf.start + _HANDLER_NAME, leaf.end)
    elif leaf.name == b"dref":
        _tidy_references(result, view, leaf)
    elif leaf.name in _TIMES:
        size = 8 if version_of(view, leaf) else 4
        emptied(result, leaf.start + 4, min(leaf.start + 4 + _TIMES[leaf.name] * size, leaf.end))


def profiles(data: Buffer, moov: Box) -> Iterator[Box]:
    """What tracks say of their colours."""
    for track in boxes(data, moov.start, moov.end):
        table = _found(data, track, b"mdia", b"minf", b"stbl", b"stsd") if track.name == b"trak" else None
        for sample in boxes(data, table.start + 8, table.end) if table else ():
            inner = boxes(data, min(sample.start + _SAMPLE_HEAD, sample.end), sample.end)
            yield from (box for box in inner if box.name == b"colr")


def _tidy_descriptions(result: bytearray, view: bytes, stsd: Box) -> None:
    for sample in boxes(view, stsd.start + 8, stsd.end):
        program = view[sample.start + _ENCODER : sample.start + _ENCODER_END]
        if program.rstrip(b"\0") not in _PROGRAMS:
            emptied(result, sample.start + _ENCODER, min(sample.start + _ENCODER_END, sample.end))
        for box in boxes(view, min(sample.start + _SAMPLE_HEAD, sample.end), sample.end):
            if box.name not in _SAMPLE:
                freed(result, box)
            elif box.name == b"auxi":
                without_words_behind_kind(result, box)


def _tidy_references(result: bytearray, view: bytes, dref: Box) -> None:
    """Frames lie in this file, and no address says where else."""
    for box in boxes(view, dref.start + 8, dref.end):
        emptied(result, box.start + 4, box.end)


def _handler(data: Buffer, track: Box) -> bytes:
    box = _found(data, track, b"mdia", b"hdlr")
    return data[box.start + 8 : box.start + 12] if box else b""


def _frames(data: Buffer, table: Box, budget: ByteBudget) -> Iterator[tuple[int, int]]:
    sizes = _sizes(data, _child(data, table, b"stsz"))
    for at, count in _chunks(data, table):
        budget.spend(1)
        start = at
        for _ in range(count):
            size = next(sizes, None)
            if size is None:
                return
            if start + size > len(data):
                raise ImageUndecodable("avif: a frame runs past the end")
            budget.spend(size)
            yield start, start + size
            start += size


def _sizes(data: Buffer, stsz: Box) -> Iterator[int]:
    reader = Reader(data, stsz.start + 4)
    size, count = reader.number(4), reader.number(4)
    if count > _MOST_FRAMES:
        raise ImageUndecodable("avif: too many frames")
    return (size or reader.number(4) for _ in range(count))


def _chunks(data: Buffer, table: Box) -> Iterator[tuple[int, int]]:
    """Where each run of frames begins, and of how many it is."""
    wide = _found(data, table, b"co64")
    places = Reader(data, (wide or _child(data, table, b"stco")).start + 4)
    runs = Reader(data, _child(data, table, b"stsc").start + 4)
    starts = [(runs.number(4), runs.number(4), runs.number(4))[:2] for _ in range(min(runs.number(4), _MOST_FRAMES))]
    counts = dict(starts)
    count = 0
    for number in range(1, min(places.number(4), _MOST_FRAMES) + 1):
        count = counts.get(number, count)
        yield places.number(8 if wide else 4), min(count, _MOST_FRAMES)


def _child(data: Buffer, parent: Box, *path: bytes) -> Box:
    found = _found(data, parent, *path)
    if found is None:
        raise ImageUndecodable("avif: a table of frames is missing")
    return found


def _found(data: Buffer, parent: Box, *path: bytes) -> Box | None:
    found: Box | None = parent
    for name in path:
        found = next((box for box in boxes(data, found.start, found.end) if box.name == name), None) if found else None
    return found
