"""`python -m bench [--record] [FIGURE …]`: measures and prints a table; without names all figures of a usual run.

`--record` keeps what was measured in `bench/RESULTS.md`, beside the figures that stand there and were not measured.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

import uvloop

from bench import (
    beside_nginx,
    checks,
    framing,
    guests,
    imports,
    media,
    native,
    operation,
    proof,
    queue,
    raster,
    reads,
    restarts,
    scale,
    scaling,
    search,
    size,
    storefront,
    streams,
    thumbor,
    uploads,
    waiters,
    webhooks,
)
from bench.record import RESULTS, Origin, origin, record
from bench.shop import Shop, open_shop
from bench.table import Row, markdown

_PRODUCTS: Final = 200

FIGURES: Final[Mapping[str, Callable[[Shop], Awaitable[Row | Sequence[Row]]]]] = {
    "glue": reads.glue_hot,
    "nginx": beside_nginx.glue_beside_nginx,
    "openmage": reads.openmage_guest,
    "spree": reads.spree_admin,
    "signed": reads.openmage_signed,
    "uncached": reads.glue_uncached,
    "media": storefront.media_hot,
    "beside-media": storefront.media_beside_glue,
    "native": native.reads_hot,
    "upload": uploads.uploads,
    "native-upload": native.uploads_beside_spree,
    "log": native.cost_of_the_log,
    "sustained": uploads.sustained,
    "beside": operation.beside_renditions,
    "overload": operation.beside_uploads,
    "guests": guests.uploads_beside_guests,
    "lag": operation.event_loop,
    "memory": operation.memory,
    "queue": queue.queue,
    "streams": streams.streams,
    "waiters": waiters.waiters,
    "webhooks": webhooks.webhooks,
    "import": imports.glue_import,
    "proof": proof.proof,
    "renditions": raster.beside_pyvips,
    "framing": framing.framing,
    "scaling": scaling.scaling,
    "thumbor": thumbor.beside_thumbor,
    "hot": media.hot,
    "cold": media.cold,
    "scale": scale.at_scale,
    "scale-memory": scale.with_memory,
    "restarts": restarts.restarts,
    "checks": checks.checks_of_a_million,
    "media-scale": scale.media_at_scale,
    "search": search.searches,
    "size": size.at_size,
}
_ONLY_BY_NAME: Final = frozenset({"scale", "scale-memory", "restarts", "checks", "media-scale", "search", "size"})


async def measure(names: Iterable[str], keep: bool) -> None:
    """Told, and kept, figure by figure, so that a run that is broken off was not in vain."""
    rows: list[Row] = []
    async with open_shop(_PRODUCTS) as shop:
        where = await _origin(shop)
        for name in names:
            made = await FIGURES[name](shop)
            mine = [made] if isinstance(made, Row) else list(made)
            print(markdown(mine), flush=True)
            if keep:
                record(RESULTS, {name: mine}, where, FIGURES)
            rows += mine
    print(f"\n{where}\n\n{markdown(rows)}")


async def _origin(shop: Shop) -> Origin:
    async with shop.database.transaction() as tx:
        return origin((await tx.connection.fetchval("show server_version")).split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"any of {', '.join(FIGURES)}")
    parser.add_argument("--record", action="store_true", help=f"keep the figures in {RESULTS.name}")
    args = parser.parse_args()
    if unknown := set(args.figures) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    names = args.figures or [name for name in FIGURES if name not in _ONLY_BY_NAME]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(names, args.record))


if __name__ == "__main__":
    main()
