"""Writes ICC profiles (version 2.4) of colour spaces that are given by numbers."""

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from app.raster.colour.space import Curve, Point, Primaries, Space

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
"""By rows."""

_D50: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_BRADFORD_BACK: Final = (
    (0.9869929, -0.1470543, 0.1599627),
    (0.4323053, 0.5183603, 0.0492912),
    (-0.0085287, 0.0400428, 0.9684867),
)
_STEPS: Final = 256
"""An entry for each value that a channel of 8 bits can have, so that none is interpolated."""
_HEADER: Final = 128
UNNAMED: Final = "declared"
"""What profiles that are written here are called."""
_TEXTS: Final = {
    b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(UNNAMED) + 1) + UNNAMED.encode() + b"\0" + bytes(78),
    b"cprt": b"text\0\0\0\0none\0",
}


@lru_cache(maxsize=16)
def rgb_profile(space: Space) -> bytes | None:
    """A profile of that space; None where its primaries span no colours."""
    columns = _adapted_columns(space.primaries)
    if columns is None:
        return None
    tags = {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(space.curve)))


@lru_cache(maxsize=16)
def grey_profile(curve: Curve) -> bytes:
    return _profile(b"GRAY", {b"kTRC": _curve(curve)})


def _adapted_columns(primaries: Primaries) -> tuple[Vector, ...] | None:
    """The colours of full red, green and blue as seen under D50, which is the white of profiles (Bradford)."""
    red, green, blue, white = (_tristimulus(point) for point in primaries)
    volume = _dot(red, _cross(green, blue))
    if primaries.white.y <= 0 or not volume:
        return None
    light = _scaled(white, 1 / primaries.white.y)
    amounts = (
        _dot(light, _cross(green, blue)) / volume,
        _dot(red, _cross(light, blue)) / volume,
        _dot(red, _cross(green, light)) / volume,
    )
    eye = _times(_BRADFORD, light)
    if min(amounts) <= 0 or min(eye) <= 0:  # white lies outside what the primaries mix
        return None
    gains = [there / here for there, here in zip(_times(_BRADFORD, _D50), eye, strict=True)]
    columns = tuple(
        _adapted(_scaled(point, amount), gains) for point, amount in zip((red, green, blue), amounts, strict=True)
    )
    return columns if max(abs(part) for column in columns for part in column) < 2 else None


def _adapted(colour: Vector, gains: Sequence[float]) -> Vector:
    red, green, blue = _times(_BRADFORD, colour)
    return _times(_BRADFORD_BACK, (red * gains[0], green * gains[1], blue * gains[2]))


def _tristimulus(point: Point) -> Vector:
    return point.x, point.y, 1 - point.x - point.y


def _scaled(vector: Vector, by: float) -> Vector:
    return vector[0] * by, vector[1] * by, vector[2] * by


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return _dot(matrix[0], vector), _dot(matrix[1], vector), _dot(matrix[2], vector)


def _dot(left: Vector, right: Vector) -> float:
    return left[0] * right[0] + left[1] * right[1] + left[2] * right[2]


def _cross(left: Vector, right: Vector) -> Vector:
    return (
        left[1] * right[2] - left[2] * right[1],
        left[2] * right[0] - left[0] * right[2],
        left[0] * right[1] - left[1] * right[0],
    )


def _xyz(values: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: Vector) -> bytes:
    return struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(curve: Curve) -> bytes:
    entries = [round(curve(step / (_STEPS - 1)) * 65535) for step in range(_STEPS)]
    return b"curv\0\0\0\0" + struct.pack(f">I{_STEPS}H", _STEPS, *entries)


def _profile(space: bytes, colours: Mapping[bytes, bytes]) -> bytes:
    """ICC.1:2001-04: a header, a table of tags, and their data, each of which begins at a multiple of four bytes."""
    tags = {**_TEXTS, b"wtpt": _xyz(_D50), **colours}
    at = _HEADER + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for name, data in tags.items():
        if data not in places:
            places[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    head = struct.pack(">I4xI4s4s4s", at + len(body), 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s28x", 2000, 1, 1, 0, 0, 0, b"acsp") + _fixed(_D50)
    return head.ljust(_HEADER, b"\0") + table + body
