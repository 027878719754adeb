"""Runs in a process of its own: makes renditions of one file with one engine and tells time and peak memory.

`python -m bench.engine ENGINE FILE ROUNDS SIDE…` prints seconds and processor seconds per round (medians), and peak
resident bytes.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

QUALITY: Final = 82
_MOST_PIXELS: Final = 50_000_000


def ours(path: Path, sides: Sequence[int]) -> Callable[[], object]:
    from app.model import Recipe
    from app.raster.child import work as child
    from app.raster.facts.limits import Limits
    from app.raster.published import Keep

    child.tune(_MOST_PIXELS)
    limits = Limits(pixels=_MOST_PIXELS, total_pixels=100_000_000, frames=1)
    recipes = [Recipe(str(side), (side, side), quality={"jpeg": QUALITY}) for side in sides]
    return lambda: child.build(path, limits, recipes, None, Keep())


def pyvips(path: Path, sides: Sequence[int]) -> Callable[[], object]:
    """The first from the file, shrunk while loading; each further one from the one before."""
    import pyvips

    def build() -> list[bytes]:
        made, image = [], pyvips.Image.thumbnail(str(path), sides[0], height=sides[0], size="down").copy_memory()
        for side in sides:
            image = image.thumbnail_image(side, height=side, size="down").copy_memory()
            made.append(image.jpegsave_buffer(Q=QUALITY, strip=True, optimize_coding=True))
        return made

    return build


ENGINES: Final[Mapping[str, Callable[[Path, Sequence[int]], Callable[[], object]]]] = {"ours": ours, "pyvips": pyvips}


def peak_bytes() -> int:
    """Most resident memory since this program began; `getrusage` would count what the caller had before, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    engine, path, rounds, *sides = sys.argv[1:]
    build = ENGINES[engine](Path(path), [int(side) for side in sides])
    build()
    times, worked = [], []
    for _ in range(int(rounds)):
        began, before = time.perf_counter(), time.process_time()
        build()
        times.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
    print(statistics.median(times), statistics.median(worked), peak_bytes())


if __name__ == "__main__":
    main()
