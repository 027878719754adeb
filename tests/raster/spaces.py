"""What pictures in colour spaces given by numbers look like in sRGB, worked out without any profile."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

Curve = Callable[[np.ndarray], np.ndarray]
Points = Sequence[tuple[float, float]]
"""Red, green, blue and white."""

D65 = (0.3127, 0.3290)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65)
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), D65)
DCI_P3 = (*P3[:3], (0.314, 0.351))
BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65)
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), D65)
WIDE_D50 = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), (0.3457, 0.3585))

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def gamma(exponent: float) -> Curve:
    return lambda values: values**exponent


def srgb(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def pq(values: np.ndarray) -> np.ndarray:
    """In units of 203 cd/m²."""
    root = values ** (1 / 78.84375)
    return (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (1 / 0.1593017578125) * 10_000 / 203


def hlg(values: np.ndarray) -> np.ndarray:
    """In units of 203 cd/m², of which the screen shows 1,000."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    return scene**1.2 * 1000 / 203


def seen(image: Image.Image, points: Points, curve: Curve) -> Image.Image:
    """The picture in sRGB, with white as white and what sRGB cannot show cut off."""
    light = curve(np.asarray(image.convert("RGB"), dtype=np.float64) / 255)
    there, here = _to_xyz(points), _to_xyz(SRGB)
    white, shown = there @ np.ones(3), here @ np.ones(3)
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ shown) / (_BRADFORD @ white)) @ _BRADFORD
    linear = np.clip(np.minimum(light, 1) @ (np.linalg.inv(here) @ adaptation @ there).T, 0, 1)
    values = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray((values * 255 + 0.5).astype(np.uint8))


def _to_xyz(points: Points) -> np.ndarray:
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in points]).T
    return columns[:, :3] * np.linalg.solve(columns[:, :3], columns[:, 3])
