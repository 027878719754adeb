"""Which WebP and AVIF quality looks like which JPEG quality: SSIM against bytes, over real photographs.

`python -m bench.quality [FOLDER]` takes the photographs of a folder, or fetches some; each is measured in several
sizes. It prints the curves (mean SSIM and bytes of every format and quality), then, for each further format, the
quality that looks like the default JPEG: found in each picture's own curve, the median of them told.
"""

import io
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from app.model import Format
from app.raster.animation.frames import Animation
from app.raster.encode import encode
from bench.photographs import fetch

_QUALITIES: Final = (40, 50, 60, 62, 64, 66, 68, 70, 75, 80, 82, 85, 90)
_SIDES: Final = (1200, 300)
_FORMATS: Final[tuple[Format, ...]] = ("jpeg", "webp", "avif")
_DEFAULT_JPEG: Final = 82
_WINDOW: Final = 8

Curve = Sequence[tuple[float, float]]
"""SSIM and bytes of one picture at each quality."""


def ssim(left: Image.Image, right: Image.Image) -> float:
    """Mean structural similarity of the luminance over windows of 8x8 pixels; 1 for equal pictures."""
    a, b = (np.asarray(image.convert("L"), dtype=np.float64) for image in (left, right))
    mean_a, mean_b = _means(a), _means(b)
    spread_a, spread_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    together = _means(a * b) - mean_a * mean_b
    light = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
    return float(np.mean(light * (2 * together + 58.5225) / (spread_a + spread_b + 58.5225)))


def _means(values: np.ndarray) -> np.ndarray:
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    k = _WINDOW
    means: np.ndarray = (sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]) / k**2
    return means


def pictures(folder: Path) -> Iterator[Image.Image]:
    """Every photograph inside each of the boxes, as renditions are."""
    for path in sorted(folder.iterdir()):
        with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as image:
            for side in _SIDES:
                small = image.convert("RGB")
                small.thumbnail((side, side), Image.Resampling.LANCZOS)
                yield small


def curve(image: Image.Image, fmt: Format) -> Curve:
    return [_point(image, fmt, quality) for quality in _QUALITIES]


def _point(image: Image.Image, fmt: Format, quality: int) -> tuple[float, float]:
    data = encode(Animation(frames=[image], milliseconds=[0]), fmt, {fmt: quality})
    assert data is not None  # no limit was set
    with Image.open(io.BytesIO(data)) as decoded:
        return ssim(image, decoded), len(data)


def alike(wanted: Curve, other: Curve) -> tuple[float, float]:
    """The quality on `other` that looks like the default JPEG on `wanted`, and its share of that one's bytes."""
    likeness, size = wanted[_QUALITIES.index(_DEFAULT_JPEG)]
    quality = np.interp(likeness, [point[0] for point in other], _QUALITIES)
    return float(quality), float(np.interp(quality, _QUALITIES, [point[1] for point in other])) / size


def report(folder: Path) -> None:
    images = list(pictures(folder))
    curves = {fmt: [curve(image, fmt) for image in images] for fmt in _FORMATS}
    for fmt, found in curves.items():
        for place, quality in enumerate(_QUALITIES):
            likeness, size = (statistics.mean(one[place][axis] for one in found) for axis in (0, 1))
            print(f"{fmt:5} {quality:3} ssim {likeness:.4f} {size / 1000:8.1f} kB")
    for fmt in _FORMATS[1:]:
        pairs = [alike(*both) for both in zip(curves["jpeg"], curves[fmt], strict=True)]
        equal, share = (statistics.median(pair[axis] for pair in pairs) for axis in (0, 1))
        between = f"{min(pair[0] for pair in pairs):.0f} to {max(pair[0] for pair in pairs):.0f}"
        print(
            f"{fmt} {equal:.0f} ({between}) looks like jpeg {_DEFAULT_JPEG} in {len(images)} pictures, "
            f"at {share:.0%} of its bytes"
        )


def main() -> None:
    if len(sys.argv) > 1:
        report(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(fetch(Path(folder)))


if __name__ == "__main__":
    main()
