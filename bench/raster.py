"""Renditions of a 24-megapixel JPEG beside pyvips: time and peak memory."""

import asyncio
import subprocess
import sys
from collections.abc import Iterable
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from bench.quiet import in_turns, reported
from bench.shop import Shop
from bench.table import Row, at_most

Size = tuple[int, int]
"""Width and height in pixels."""

_SIZE: Final = (6000, 4000)
_ROUNDS: Final = 5
_TURNS: Final = 9
_PATIENCE_SECONDS: Final = 120.0
_TWO: Final = ("1200", "300")
_SIX: Final = ("1200", "600", "300", "240", "100", "48")


def scene(size: Size) -> Image.Image:
    """Detail at every scale, falling with the frequency as it does in a photograph."""
    width, height = size
    random = np.random.default_rng(1)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    planes: list[np.ndarray] = []
    for _ in range(3):
        waves = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
        plane = np.fft.irfft2(waves / frequency**1.3, (height, width)).astype(np.float32)
        plane /= plane.std()
        planes.append(0.8 * planes[0] + 0.2 * plane if planes else plane)
    return Image.fromarray(np.clip(127 + 45 * np.stack(planes, axis=-1), 0, 255).astype(np.uint8))


def photograph(folder: Path) -> Path:
    """A JPEG of 24 megapixels and about 6 MB, made once in each folder."""
    path = folder / "photograph.jpg"
    if not path.exists():
        scene(_SIZE).save(path, "JPEG", quality=90)
    return path


class Measured(NamedTuple):
    """Of one engine in a fresh process: seconds and processor seconds for a picture, peak memory in bytes."""

    seconds: float
    worked: float
    peak: float


def measured(engine: str, path: Path, sides: Iterable[str]) -> Measured:
    command = [sys.executable, "-m", "bench.engine", engine, str(path), str(_ROUNDS), *sides]
    words = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return Measured(*map(float, words))


async def beside_pyvips(shop: Shop) -> list[Row]:
    path = await asyncio.to_thread(photograph, shop.folder)
    measures = {
        name: partial(asyncio.to_thread, measured, engine, path, sides)
        for name, engine, sides in (("two", "ours", _TWO), ("vips", "pyvips", _TWO), ("six", "ours", _SIX))
    }
    turns = await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)
    two, vips, six = (Measured(*(one.usual(itemgetter(place), min) for place in range(3))) for one in turns.values())
    title, rest = "24 MP JPEG", reported(turns.values())
    ratio = two.worked / vips.worked
    return [
        at_most(f"{title}: large and small", ms(two.seconds), ms(vips.seconds), two.seconds / vips.seconds, 1.0, rest),
        Row(f"{title}: the same, processor time", ms(two.worked), ms(vips.worked), ratio, turns=rest),
        at_most(f"{title}: the same, peak memory", mb(two.peak), mb(vips.peak), two.peak / vips.peak, 1.0, rest),
        at_most(f"{title}: all six to two", ms(six.seconds), ms(two.seconds), six.seconds / two.seconds, 1.4, rest),
    ]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def mb(size: float) -> str:
    return f"{size / 1e6:.0f} MB"
