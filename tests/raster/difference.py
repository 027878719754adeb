"""How far two pictures are apart: CIEDE2000 for the eye, PSNR for the resampler."""

import numpy as np
from PIL import Image

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def mean_delta_e(left: Image.Image, right: Image.Image) -> float:
    """The mean CIEDE2000 difference of two sRGB pictures of one size."""
    assert left.size == right.size
    return float(np.mean(delta_e(_lab(left), _lab(right))))


def psnr(left: Image.Image, right: Image.Image) -> float:
    """Peak signal-to-noise ratio in decibels; infinite for equal pictures."""
    gap = np.asarray(left, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    error = float(np.mean(gap**2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def delta_e(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """CIEDE2000 over arrays of L*a*b*, last axis of length 3 (Sharma, Wu, Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(left, -1, 0), np.moveaxis(right, -1, 0)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1 * stretch)) % 360, np.degrees(np.arctan2(b2, a2 * stretch)) % 360
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    light, chroma, hue = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mid_l, mid_c = (l1 + l2) / 2, (c1 + c2) / 2
    mid_h = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    shift = _hue_weight(mid_h)
    rotation = 60 * np.exp(-(((mid_h - 275) / 25) ** 2))
    cross = -2 * np.sqrt(mid_c**7 / (mid_c**7 + 25.0**7)) * np.sin(np.radians(rotation))
    scaled_l = light / (1 + 0.015 * (mid_l - 50) ** 2 / np.sqrt(20 + (mid_l - 50) ** 2))
    scaled_c, scaled_h = chroma / (1 + 0.045 * mid_c), hue / (1 + 0.015 * mid_c * shift)
    return np.sqrt(np.maximum(0, scaled_l**2 + scaled_c**2 + scaled_h**2 + cross * scaled_c * scaled_h))


def _hue_weight(degrees: np.ndarray) -> np.ndarray:
    def cosine(angle: np.ndarray) -> np.ndarray:
        return np.cos(np.radians(angle))

    return (
        1
        - 0.17 * cosine(degrees - 30)
        + 0.24 * cosine(2 * degrees)
        + 0.32 * cosine(3 * degrees + 6)
        - 0.20 * cosine(4 * degrees - 63)
    )


def _lab(image: Image.Image) -> np.ndarray:
    values = np.asarray(image.convert("RGB"), dtype=np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    ratios = linear @ _TO_XYZ.T / _WHITE
    f = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
