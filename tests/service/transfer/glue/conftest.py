"""Files to import, and the catalogue that comes of them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.galleries.glue import ImageSetReader, Wanted
from app.service.pictures.filing import Filing
from app.service.transfer.glue.report import Counts, reported
from app.service.transfer.glue.run import Options, run_import
from app.settings import Settings

LOCALES = ("en_US", "de_DE")


def _with_addresses(row: str) -> str:
    name, large, small, rest = row.split(",", 3)
    return ",".join((name, *(f"/{url}" if re.fullmatch(r"[^/\"]+", url) else url for url in (large, small)), rest))


def _name(url: str) -> str:
    return url[1:] if re.fullmatch(r"/[^/]+", url) else url


@dataclass
class Importer:
    """Writes files and imports them; `folder` holds them."""

    database: Database
    connection: Connection
    folder: Path
    notes: list[str] = field(default_factory=list)
    """What the last run told of whole files."""

    def write(self, name: str, *lines: str, end: str = "\n") -> None:
        (self.folder / name).write_bytes(end.join([*lines, ""]).encode())

    def products(self, *abstracts: str, **concretes: str) -> None:
        """`concretes` are SKUs and those of their abstract products."""
        self.write("product_abstract.csv", "abstract_sku,name.en_US", *(f"{sku},Name of {sku}" for sku in abstracts))
        rows = [f"{abstract},{sku}" for sku, abstract in concretes.items()]
        self.write("product_concrete.csv", "abstract_sku,concrete_sku", *rows)

    def images(self, *rows: str, texts: bool = False) -> None:
        """Rows of set name, large and small URL (a mere name stands for a path of the same site), locale, abstract and
        concrete SKU, sort order, image and set key."""
        header = (
            "image_set_name,external_url_large,external_url_small,locale,abstract_sku,concrete_sku,sort_order,"
            "product_image_key,product_image_set_key"
        )
        more = ",alt_text_large.en_US,alt_text_small.en_US,alt_text_large.de_DE,alt_text_small.de_DE"
        self.write("product_image.csv", header + more * texts, *map(_with_addresses, rows))

    async def run(self, *, fold: bool = False, keep: bool = True) -> Counts:
        with reported(self.folder / "report.csv") as report:
            await run_import(
                self.database, Filing(Settings()), Options(self.folder, LOCALES, fold, keep), report, lambda _: None
            )
        self.notes = report.notes
        return report.counts

    async def created(self, *, fold: bool = False) -> dict[str, int]:
        return {subject: outcomes["created"] for subject, outcomes in (await self.run(fold=fold)).items()}

    def rejected(self) -> list[str]:
        """What the report of the last run lists, without the name of the file."""
        lines = (self.folder / "report.csv").read_text().splitlines()[1:]
        return [line.partition(",")[2] for line in lines]

    async def sets(self, sku: str, locale: str = "en_US", *, concrete: bool = False) -> dict[str, list[str]]:
        """Large URLs by the names of the sets that a storefront sees."""
        reader = ImageSetReader(self.database, Settings())
        kin = await reader.read(Wanted(sku, not concrete, locale, ""))
        return {one.name: [_name(image.large_url) for image in one.images] for one in kin.main.sets}

    async def texts(self, sku: str, locale: str) -> list[tuple[str | None, str | None]]:
        reader = ImageSetReader(self.database, Settings())
        kin = await reader.read(Wanted(sku, True, locale, ""))
        return [(image.alt_large, image.alt_small) for one in kin.main.sets for image in one.images]


@pytest.fixture
def importer(database: Database, connection: Connection, tmp_path: Path) -> Importer:
    return Importer(database, connection, tmp_path)
