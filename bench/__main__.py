"""`python -m bench [FIGURE …]`: measures and prints a table; without names all figures of a usual run."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import uvloop

from bench import imports, media, operation, queue, raster, reads, scaling, thumbor, uploads
from bench.shop import Shop, open_shop
from bench.table import Row, markdown

_PRODUCTS: Final = 200

FIGURES: Final[Mapping[str, Callable[[Shop], Awaitable[Row | Sequence[Row]]]]] = {
    "glue": reads.glue_hot,
    "openmage": reads.openmage_guest,
    "spree": reads.spree_admin,
    "signed": reads.openmage_signed,
    "uncached": reads.glue_uncached,
    "upload": uploads.uploads,
    "sustained": uploads.sustained,
    "beside": operation.beside_renditions,
    "lag": operation.event_loop,
    "memory": operation.memory,
    "queue": queue.queue,
    "import": imports.glue_import,
    "renditions": raster.beside_pyvips,
    "scaling": scaling.scaling,
    "thumbor": thumbor.beside_thumbor,
    "hot": media.hot,
    "cold": media.cold,
}


async def measure(names: list[str]) -> list[Row]:
    rows: list[Row] = []
    async with open_shop(_PRODUCTS) as shop:
        for name in names:
            made = await FIGURES[name](shop)
            rows += [made] if isinstance(made, Row) else made
            print(markdown([made] if isinstance(made, Row) else made), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"any of {', '.join(FIGURES)}")
    names = parser.parse_args().figures or list(FIGURES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(measure(names))
    print("\n" + markdown(rows))


if __name__ == "__main__":
    main()
