"""A catalogue of a million image rows, imported into the embedded Postgres: time and memory."""

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.postgres import embedded_postgres
from app.service.pictures.filing import Filing
from app.service.transfer.glue.report import reported
from app.service.transfer.glue.run import Options, run_import
from app.settings import Settings
from bench.shop import Shop
from bench.table import Row

_ROWS: Final = 1_000_000
_SECONDS: Final = 180
_LOCALES: Final = ("en_US", "de_DE")
_PER_SET: Final = 5
_HEADER: Final = (
    "image_set_name,external_url_large,external_url_small,locale,abstract_sku,concrete_sku,sort_order,product_image_key"
)


async def glue_import(_: Shop) -> Row:
    """One abstract and one concrete product for each 20 rows; five pictures a set, in two languages."""
    with tempfile.TemporaryDirectory(prefix="bench-import-") as name:
        folder = Path(name)
        _write(folder)
        settings = Settings()
        async with embedded_postgres(folder / "data") as dsn:
            await migrate(dsn)
            async with Database(dsn) as database:
                with reported(folder / "rejected.csv") as report:
                    before, started = _peak(), time.perf_counter()
                    await run_import(database, Filing(settings), Options(folder, _LOCALES), report, lambda _: None)
                    seconds = time.perf_counter() - started
    assert report.counts["links"]["created"] == _ROWS
    ours = f"{seconds:.0f} s, {_peak() - before} MB more memory"
    return Row(f"Glue import, {_ROWS:,} rows", ours, target=f"<= {_SECONDS} s", met=seconds <= _SECONDS)


def _peak() -> int:
    """The most memory that this process has used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _write(folder: Path) -> None:
    products = range(_ROWS // (2 * len(_LOCALES) * _PER_SET))
    with (folder / "product_abstract.csv").open("w") as file:
        file.write("abstract_sku,name.en_US\n")
        file.writelines(f"{product:06d},Product {product}\n" for product in products)
    with (folder / "product_concrete.csv").open("w") as file:
        file.write("abstract_sku,concrete_sku\n")
        file.writelines(f"{product:06d},{product:06d}_1\n" for product in products)
    with (folder / "product_image.csv").open("w") as file:
        file.write(f"{_HEADER}\n")
        for product in products:
            file.writelines(_rows(product))


def _rows(product: int) -> Iterator[str]:
    for owner in (f"{product:06d},", f",{product:06d}_1"):
        for locale in _LOCALES:
            for place in range(_PER_SET):
                url = f"https://images.example.com/img/norm/{{}}/{product}-{place}.jpg"
                key = f"{owner.strip(',')}-{locale}-{place}"
                yield f"default,{url.format('high')},{url.format('medium')},{locale},{owner},{place},{key}\n"
