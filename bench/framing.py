"""Six recipes that trim and pad beside the same that do neither, of pictures with a border."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from app.model import Recipe
from app.raster.child import work as child
from app.raster.facts.limits import Limits
from app.raster.facts.shown import LOOKED_AT, pixel_facts_of
from app.raster.published import Keep
from app.raster.steps.shrink import fitted
from app.settings import Settings
from bench.quiet import in_turns, reported
from bench.raster import Size, ms, scene
from bench.shop import Shop
from bench.table import Row, at_most

_LIMITS: Final = Limits(120_000_000, 100_000_000, 1000)
_TURNS: Final = 15
_LOOKS: Final = 20
_PATIENCE_SECONDS: Final = 30.0
_LARGE: Final = (3000, 2000)
_USUAL: Final = (2000, 2000)
_SHOWN: Final[Sequence[tuple[Size, float]]] = (
    (_USUAL, 0.7),
    (_USUAL, 0.9),
    (_LARGE, 0.5),
    (_LARGE, 0.7),
    (_LARGE, 1.0),
)
"""Pictures, and the share of each side that their subject takes. A decoder gives all pixels of what is to be trimmed,
and of a large one that is not a quarter of them."""
_LOOKED_AT: Final[Sequence[Size]] = ((600, 600), (1200, 800), _LARGE)


class Taken(NamedTuple):
    """Seconds on the clock, and of the processor."""

    clock: float
    worked: float


async def framing(shop: Shop) -> list[Row]:
    child.tune(_LIMITS.pixels)
    rows = []
    for size, share in _SHOWN:
        path = shop.folder / f"{size[0]}-{share}.jpg"
        await asyncio.to_thread(product(size, share).save, path, "JPEG", quality=90)
        rows += await _beside(path, f"{size[0]} × {size[1]} JPEG, subject on {share:.0%} of its sides")
    for size in _LOOKED_AT:
        path = shop.folder / f"{size[0]}.jpg"
        await asyncio.to_thread(product(size, 0.7).save, path, "JPEG", quality=90)
        rows.append(_looking(path, f"{size[0]} × {size[1]} JPEG: border, fill and blur of all six"))
    return rows


def product(size: Size, share: float) -> Image.Image:
    """A scene in the middle of what is nearly white."""
    image = Image.new("RGB", size, (252, 252, 252))
    width, height = (int(side * share) for side in size)
    image.paste(scene((width, height)), ((size[0] - width) // 2, (size[1] - height) // 2))
    return image


async def _beside(path: Path, title: str) -> list[Row]:
    plain = Settings().recipes
    framed = [replace(one, fit="pad", trim=10, margin=5, background="#ffffff") for one in plain]
    measures = {name: partial(asyncio.to_thread, _taken, path, some) for name, some in (("p", plain), ("f", framed))}
    turns = await in_turns(measures, enough=_TURNS, patience=_PATIENCE_SECONDS)
    without, framing = (Taken(*(turns[name].usual(itemgetter(at), min) for at in range(2))) for name in ("p", "f"))
    rest = reported(turns.values())
    ratio = framing.worked / without.worked
    return [
        at_most(f"{title}: trimmed and padded", ms(framing.worked), ms(without.worked), ratio, 1.25, rest),
        Row(
            f"{title}: the same on the clock",
            ms(framing.clock),
            ms(without.clock),
            framing.clock / without.clock,
            turns=rest,
        ),
    ]


def _looking(path: Path, title: str) -> Row:
    """What is found in pixels beside the job that renders them."""
    with Image.open(path) as image:
        small = inside(image, LOOKED_AT)
    whole = min(_taken(path, Settings().recipes).worked for _ in range(_LOOKS))
    looked = min(_worked(partial(pixel_facts_of, small)) for _ in range(_LOOKS))
    return at_most(title, ms(looked), ms(whole), looked / whole, 0.03, "")


def _worked(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def inside(image: Image.Image, box: Size) -> Image.Image:
    return image.resize(fitted(image.size, box), Image.Resampling.LANCZOS)


def _taken(path: Path, recipes: Sequence[Recipe]) -> Taken:
    began, before = time.perf_counter(), time.process_time()
    child.build(path, _LIMITS, recipes, None, Keep())
    return Taken(time.perf_counter() - began, time.process_time() - before)
