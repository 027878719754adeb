"""Colour spaces that files name by a few numbers instead of a profile."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

Curve = Callable[[float], float]
"""From a stored value to light, both 0…1, where 1 is the white of paper."""


class Point(NamedTuple):
    """A chromaticity (CIE 1931)."""

    x: float
    y: float


class Primaries(NamedTuple):
    red: Point
    green: Point
    blue: Point
    white: Point


@dataclass(frozen=True, slots=True)
class Gamma:
    """A curve that is a power."""

    exponent: float

    def __call__(self, value: float) -> float:
        return math.pow(value, self.exponent)


def srgb_curve(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def pq_curve(value: float) -> float:
    """SMPTE ST 2084 up to the white of paper; what is brighter is shown as white."""
    root = math.pow(value, 32 / 2523)
    light = max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return min(1.0, math.pow(light, 8192 / 1305) * 10_000 / _PAPER_WHITE)


def hlg_curve(value: float) -> float:
    """ARIB STD-B67 on a screen of 1,000 cd/m² up to the white of paper; what is brighter is shown as white."""
    scene = value * value / 3 if value <= 0.5 else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return min(1.0, math.pow(scene, 1.2) * 1_000 / _PAPER_WHITE)


_PAPER_WHITE: Final = 203
"""Of films with a high range of brightness, in cd/m² (ITU-R BT.2408)."""

_D65, _C, _THEATRE = Point(0.3127, 0.3290), Point(0.310, 0.316), Point(0.314, 0.351)

SRGB_PRIMARIES: Final = Primaries(Point(0.64, 0.33), Point(0.30, 0.60), Point(0.15, 0.06), _D65)
_EUROPE: Final = Primaries(Point(0.64, 0.33), Point(0.29, 0.60), Point(0.15, 0.06), _D65)
_AMERICA: Final = Primaries(Point(0.630, 0.340), Point(0.310, 0.595), Point(0.155, 0.070), _D65)

_PRIMARIES: Final[Mapping[int, Primaries]] = {
    1: SRGB_PRIMARIES,
    4: Primaries(Point(0.67, 0.33), Point(0.21, 0.71), Point(0.14, 0.08), _C),
    5: _EUROPE,
    6: _AMERICA,
    7: _AMERICA,
    8: Primaries(Point(0.681, 0.319), Point(0.243, 0.692), Point(0.145, 0.049), _C),
    9: Primaries(Point(0.708, 0.292), Point(0.170, 0.797), Point(0.131, 0.046), _D65),
    11: Primaries(Point(0.680, 0.320), Point(0.265, 0.690), Point(0.150, 0.060), _THEATRE),
    12: Primaries(Point(0.680, 0.320), Point(0.265, 0.690), Point(0.150, 0.060), _D65),
    22: Primaries(Point(0.630, 0.340), Point(0.295, 0.605), Point(0.155, 0.077), _D65),
}
"""ITU-T H.273, table 2."""

_CURVES: Final[Mapping[int, Curve]] = {
    **dict.fromkeys((1, 6, 7, 14, 15), srgb_curve),  # cameras' curves: screens, and so browsers, show them by sRGB's
    4: Gamma(2.2),
    5: Gamma(2.8),
    8: Gamma(1.0),
    13: srgb_curve,
    16: pq_curve,
    18: hlg_curve,
}
"""ITU-T H.273, table 3."""

_SAME_POINT: Final = 0.002
_LIKE_SRGB: Final = 0.05
"""By so much, of itself, may a power be off 2.2 and still stand for sRGB's curve, as PNG's writers use it."""


@dataclass(frozen=True, slots=True)
class Space:
    primaries: Primaries
    curve: Curve

    @property
    def is_srgb(self) -> bool:
        """Or so near to it that nobody could tell."""
        pairs = zip(self.primaries, SRGB_PRIMARIES, strict=True)
        return is_srgb_curve(self.curve) and all(math.dist(one, other) <= _SAME_POINT for one, other in pairs)


def is_srgb_curve(curve: Curve) -> bool:
    if isinstance(curve, Gamma):
        return abs(curve.exponent / 2.2 - 1) <= _LIKE_SRGB
    return curve is srgb_curve


ADOBE_RGB: Final = Space(Primaries(Point(0.64, 0.33), Point(0.21, 0.71), Point(0.15, 0.06), _D65), Gamma(563 / 256))


def of_code_points(primaries: int, transfer: int) -> Space | None:
    """The space of ITU-T H.273's numbers; None for those that are reserved, unspecified, or of no use in pictures."""
    points, curve = _PRIMARIES.get(primaries), _CURVES.get(transfer)
    return Space(points, curve) if points and curve else None
