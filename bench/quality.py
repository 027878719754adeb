"""Which WebP and AVIF quality looks like which JPEG quality: SSIM against bytes.

`python -m bench.quality FOLDER [SIDE]` reads the photographs of a folder, shrinks each to SIDE (1200) and prints the
mean SSIM and bytes of every format and quality, then for each further format what looks like the default JPEG.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from app.model import Format
from app.raster.encode import encode
from app.raster.film import Film

_QUALITIES: Final = (40, 50, 55, 60, 65, 70, 75, 80, 82, 85, 90)
_FORMATS: Final[tuple[Format, ...]] = ("jpeg", "webp", "avif")
_DEFAULT_JPEG: Final = 82
_WINDOW: Final = 8

Point = tuple[float, float]
"""SSIM and bytes."""


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
    return (sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]) / k**2


def pictures(folder: Path, side: int) -> Iterator[Image.Image]:
    for path in sorted(folder.iterdir()):
        with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as image:
            small = image.convert("RGB")
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            yield small


def point(image: Image.Image, fmt: Format, quality: int) -> Point:
    data = encode(Film(frames=[image], milliseconds=[0]), fmt, {fmt: quality})
    with Image.open(io.BytesIO(data)) as decoded:
        return ssim(image, decoded), len(data)


def curve(images: list[Image.Image], fmt: Format) -> dict[int, Point]:
    found = {}
    for quality in _QUALITIES:
        points = [point(image, fmt, quality) for image in images]
        found[quality] = (float(np.mean([ssim for ssim, _ in points])), float(np.mean([size for _, size in points])))
    return found


def main() -> None:
    folder, side = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1200
    images = list(pictures(folder, side))
    curves = {fmt: curve(images, fmt) for fmt in _FORMATS}
    for fmt, points in curves.items():
        for quality, (likeness, size) in points.items():
            print(f"{fmt:5} {quality:3} ssim {likeness:.4f} {size / 1000:8.1f} kB")
    wanted, jpeg_size = curves["jpeg"][_DEFAULT_JPEG]
    for fmt in _FORMATS[1:]:
        quality = min(curves[fmt], key=lambda quality: abs(curves[fmt][quality][0] - wanted))
        share = curves[fmt][quality][1] / jpeg_size
        print(f"{fmt} {quality} looks like jpeg {_DEFAULT_JPEG} (ssim {wanted:.4f}) at {share:.0%} of its bytes")


if __name__ == "__main__":
    main()
