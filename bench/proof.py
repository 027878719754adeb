"""What it costs to prove that a public original shows its upload, beside decoding that upload once."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from app.model import Format
from app.raster.child import work as child
from app.raster.facts.limits import Limits
from app.raster.facts.sniff import PILLOW_NAMES
from bench.photo import photo
from bench.shop import Shop
from bench.table import Row

_TURNS: Final = 7
_LIMITS: Final = Limits(120_000_000, 100_000_000, 1000)
_FORMATS: Final[tuple[Format, ...]] = ("jpeg", "png", "gif", "webp", "avif")


async def proof(_: Shop) -> list[Row]:
    """Of inspection, cleaning and comparing, in processor time, which other programs take no part of."""
    return [_row(fmt) for fmt in _FORMATS]


def _row(fmt: Format) -> Row:
    data = _encoded(fmt)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(data)
        looked = _milliseconds(lambda: child.inspect(path, _LIMITS))
    once = _milliseconds(lambda: _decode(data))
    share = max(0.0, 1 - once / looked)
    return Row(
        f"inspection of {fmt}, 6 MP; the proof's share is {share:.0%}",
        f"{looked:.0f} ms",
        f"{once:.0f} ms",
        looked / once,
    )


def _encoded(fmt: Format) -> bytes:
    if fmt == "jpeg":
        return photo()
    target = io.BytesIO()
    with Image.open(io.BytesIO(photo())) as image:
        image.save(target, PILLOW_NAMES[fmt])
    return target.getvalue()


def _decode(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _milliseconds(work: Callable[[], object]) -> float:
    """Of the processor, all threads together."""
    taken = []
    for _ in range(_TURNS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1000 * median(taken)
