"""Whether a file that was refused ends before its picture does, by its container's own words."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from app.errors import FormatNotAllowed, ImageUndecodable
from app.model import SourceFormat
from app.raster.buffer import Buffer
from app.raster.clean import gif
from app.raster.ends import end_of_tiff
from app.raster.facts.sniff import HEAD_BYTES, sniff

_LONG_BOX: Final = 16
"""Bytes that the head of a box has whose length does not fit into four."""


def is_cut_short(data: Buffer) -> bool:
    """Whether more of it was announced than came."""
    try:
        return _LACKS[sniff(data[:HEAD_BYTES])](data)
    except FormatNotAllowed:
        return False


def _jpeg(data: Buffer) -> bool:
    """Behind its last scan there is no end."""
    return data.rfind(b"\xff\xd9") <= data.rfind(b"\xff\xda")


def _png(data: Buffer) -> bool:
    at = 8
    while at + 8 <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return False
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return True


def _gif(data: Buffer) -> bool:
    try:
        end = gif.header_length(data)
        for block in gif.blocks(data):
            end = block.end
    except ImageUndecodable as error:
        return "unknown" not in error.reason
    return end >= len(data)


def _webp(data: Buffer) -> bool:
    return len(data) < 8 + int.from_bytes(data[4:8], "little")


def _boxes(data: Buffer) -> bool:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + _LONG_BOX], "big")
        if size < 8:  # up to the end, or damage
            return False
        at += size
    return at > len(data)


def _tiff(data: Buffer) -> bool:
    """What its tables name lies behind the end, or a table does."""
    try:
        end = end_of_tiff(data)
    except (struct.error, OverflowError):
        return True
    except LookupError:
        return False
    return end is not None and end > len(data)


_LACKS: Final[Mapping[SourceFormat, Callable[[Buffer], bool]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "gif": _gif,
    "webp": _webp,
    "avif": _boxes,
    "heic": _boxes,
    "tiff": _tiff,
}
