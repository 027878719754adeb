"""Renditions of a 24-megapixel JPEG beside pyvips: time and peak memory. `python -m bench.raster`."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from app.raster.pool import CodecPool
from app.settings import Settings
from bench.table import Row, at_least, at_most, markdown

_SIZE: Final = (6000, 4000)
_ROUNDS: Final = 5
_TURNS: Final = 5
_TWO: Final = ("1200", "300")
_SIX: Final = ("1200", "600", "300", "240", "100", "48")
_BATCH: Final = 12


def photograph(path: Path) -> None:
    """Detail at every scale, falling with the frequency as it does in a photograph; about 6 MB at quality 90."""
    width, height = _SIZE
    random = np.random.default_rng(1)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    planes: list[np.ndarray] = []
    for _ in range(3):
        waves = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
        plane = np.fft.irfft2(waves / frequency**1.3, (height, width)).astype(np.float32)
        plane /= plane.std()
        planes.append(0.8 * planes[0] + 0.2 * plane if planes else plane)
    pixels = np.clip(127 + 45 * np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, "JPEG", quality=90)


def measured(engine: str, path: Path, sides: Iterable[str]) -> tuple[float, float]:
    """Median seconds and peak bytes of one engine in a fresh process."""
    command = [sys.executable, "-m", "bench.engine", engine, str(path), str(_ROUNDS), *sides]
    words = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return float(words[0]), float(words[1])


def beside_pyvips(path: Path) -> list[Row]:
    """Turn by turn, and the best turn of each: a busy minute of the machine then judges nobody."""
    turns = [
        (measured("ours", path, _TWO), measured("pyvips", path, _TWO), measured("ours", path, _SIX))
        for _ in range(_TURNS)
    ]
    two, vips, six = ([min(turn[place][figure] for turn in turns) for figure in (0, 1)] for place in range(3))
    return [
        at_most("two renditions, time", _ms(two[0]), _ms(vips[0]), two[0] / vips[0], 1.0),
        at_most("two renditions, peak memory", _mb(two[1]), _mb(vips[1]), two[1] / vips[1], 1.0),
        at_most("six renditions against two, time", _ms(six[0]), _ms(two[0]), six[0] / two[0], 1.4),
    ]


async def scaling(path: Path) -> Row:
    """Pictures per second with one and with two children."""
    rates = []
    for processes in (1, 2):
        settings = replace(Settings(), codec_processes=processes)
        pool = CodecPool(settings)
        recipes = [recipe for recipe in settings.recipes if recipe.name in ("large", "small")]
        await asyncio.gather(*(pool.build(path, recipes) for _ in range(processes)))
        began = time.perf_counter()
        await asyncio.gather(*(pool.build(path, recipes) for _ in range(_BATCH)))
        rates.append(2 * _BATCH / (time.perf_counter() - began))
        await pool.close()
    return at_least(
        "renditions per second, 2 children to 1", f"{rates[1]:.1f}", f"{rates[0]:.1f}", rates[1] / rates[0], 1.4
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _mb(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photograph.jpg"
        photograph(path)
        rows = [*beside_pyvips(path), asyncio.run(scaling(path))]
    print(markdown(rows))


if __name__ == "__main__":
    main()
