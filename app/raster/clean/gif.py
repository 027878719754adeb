"""Walks a GIF block by block: counts its frames, and takes out what is not needed to show them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_HEADER: Final = 13
_EXTENSION, IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
CONTROL, _APPLICATION, _PLAIN_TEXT = 0xF9, 0xFF, 0x01
_DESCRIPTOR: Final = 10
_CONTROL_LENGTH, _LOOP = 7, 3
"""Bytes of a control in front of its end, and of what tells how often to play."""
_CONTENT: Final = 14
"""Where an application's own blocks begin, behind its name."""
_PROFILE: Final = b"ICCRGBG1012"
_KEPT_APPLICATIONS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0", _PROFILE)
"""How often it plays, and its colour profile."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`width` and `height`: the smallest canvas that holds every frame, in pixels."""

    frames: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes `start` to `end` of the file. `label` tells one extension from another, `coded` is where a picture's own
    blocks begin."""

    kind: int
    start: int
    end: int
    label: int = 0
    coded: int = 0


def blocks(data: Buffer) -> Iterator[Block]:
    """Everything between the header and the trailer; ImageUndecodable when a block is cut short."""
    at = header_length(data)
    while at < len(data) and data[at] != _TRAILER:
        kind, start = data[at], at
        if kind == _EXTENSION:
            label = data[at + 1] if at + 1 < len(data) else 0
            at = _behind_sub_blocks(data, at + 2)
            yield Block(kind, start, at, label)
        elif kind == IMAGE:
            coded = at + _DESCRIPTOR + _table(data, at + _DESCRIPTOR - 1) + 1
            at = _behind_sub_blocks(data, coded)
            yield Block(kind, start, at, coded=coded)
        else:
            raise ImageUndecodable(f"gif: unknown block {kind:#x}")


def header_length(data: Buffer) -> int:
    """Of signature, screen and global colour table, in bytes."""
    if len(data) < _HEADER:
        raise ImageUndecodable("gif: no screen")
    return _HEADER + _table(data, _HEADER - 3)


def survey(data: Buffer, most_frames: int) -> Scene:
    """Counts frames, at most one more than `most_frames`; ImageUndecodable where there is none."""
    frames = width = height = 0
    for block in blocks(data):
        if block.kind != IMAGE:
            continue
        left, top, wide, high = (
            int.from_bytes(data[block.start + at : block.start + at + 2], "little") for at in (1, 3, 5, 7)
        )
        frames, width, height = frames + 1, max(width, left + wide), max(height, top + high)
        if frames > most_frames:
            break
    if not frames:
        raise ImageUndecodable("gif: no frame")
    return Scene(frames, width, height)


def clean(data: Buffer) -> Cleaned:
    """The same frames, timings, loop count and colour profile; no comments, no other extension, nothing behind them."""
    parts, coded, control, doubtful = [data[: header_length(data)]], [], b"", False
    at = end = len(parts[0])
    for block in blocks(data):
        end = block.end
        whole = data[block.start : block.end]
        if block.kind == IMAGE:
            parts += (control, whole)
            at += len(control) + len(whole)
            coded.append((at - (block.end - block.coded), at))
            control = b""
        elif block.label == CONTROL:
            doubtful |= bool(control)
            control = whole[:_CONTROL_LENGTH] + b"\0" if whole[2] == _CONTROL_LENGTH - 3 else whole
        elif block.label == _APPLICATION and whole[3:14] in _KEPT_APPLICATIONS:
            parts.append(_with_public_content(whole))
            at += len(parts[-1])
        elif block.label == _PLAIN_TEXT:
            doubtful |= bool(coded)
    parts.append(bytes((_TRAILER,)))
    return Cleaned(b"".join(parts), doubtful, coded=tuple(coded), behind=max(0, len(data) - end - 1))


def _with_public_content(extension: bytes) -> bytes:
    """How often it plays stands in the first block, and a profile in all; more is nothing that anybody reads."""
    contents = [extension[start:end] for start, end in sub_blocks(extension, _CONTENT)]
    if extension[3:14] != _PROFILE:
        return extension[:_CONTENT] + _as_sub_blocks(b"".join(contents[:1])[:_LOOP])
    profile = b"".join(contents)
    public = without_private(profile)
    return extension if public == profile else extension[:_CONTENT] + _as_sub_blocks(public)


def _as_sub_blocks(content: bytes) -> bytes:
    return closed([content[at : at + 255] for at in range(0, len(content), 255)])


def closed(contents: Iterable[bytes]) -> bytes:
    """A series of blocks with these contents."""
    return b"".join(bytes((len(content),)) + content for content in contents if content) + b"\0"


def sub_blocks(data: Buffer, at: int) -> Iterator[tuple[int, int]]:
    """Start and end of the content of each block of a series, up to the empty one that closes it."""
    while at < len(data) and data[at]:
        yield at + 1, at + 1 + data[at]
        at += 1 + data[at]


def _table(data: Buffer, flags_at: int) -> int:
    """The length of the colour table that the flags at this place announce."""
    if flags_at >= len(data):
        raise ImageUndecodable("gif: cut short")
    flags = data[flags_at]
    return 3 * 2 ** ((flags & 0x07) + 1) if flags & 0x80 else 0


def _behind_sub_blocks(data: Buffer, at: int) -> int:
    while at < len(data):
        size = data[at]
        at += 1 + size
        if not size:
            return at
    raise ImageUndecodable("gif: cut short")
