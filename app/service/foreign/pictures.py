"""Foreign pictures brought here: downloaded, stored, and from then on served from here (spec §10 of Glue).

Each URL is a transaction of its own, and what is here is not asked for again, so that a run that was
stopped goes on where it was. Until its bytes are here a picture is shown by its foreign URL.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.db.bulk import session
from app.db.pool import Database, Record, Transaction
from app.errors import ProductImagesError, Rejected
from app.model import EXTENSIONS, SOURCE_FORMATS
from app.service.changes.record import recorded, recorded_pictures
from app.service.foreign.fetch import Fetcher, last_segment
from app.service.pictures.file_names import sanitised
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob, Intake
from app.service.pictures.paths import stem
from app.settings import Settings

_AT_ONCE: Final = 16

Failed = Callable[[str, str], None]
"""Told a URL and why it is still foreign."""

Fetched = Callable[[int], object]
"""Told how many pictures have their bytes now."""


class PictureFetch:
    """A bounded number of downloads at a time, fewer still from any one host."""

    def __init__(
        self, settings: Settings, database: Database, fetcher: Fetcher, intake: Intake, filing: Filing
    ) -> None:
        self._db = database
        self._fetcher = fetcher
        self._intake = intake
        self._filing = filing
        self._turns = asyncio.Semaphore(min(_AT_ONCE, settings.max_uploads))
        self._of_host: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(settings.fetch_per_host))

    async def run(self, failed: Failed, fetched: Fetched) -> None:
        """Brings what is foreign; what cannot be brought costs nothing else."""
        async with session(self._db) as urls:
            await urls.execute("stage_external_urls")
            place = 0
            while rows := await urls.fetch("external_urls", place):
                await self._fetch_all(rows, failed, fetched)
                place = rows[-1]["place"]

    async def _fetch_all(self, rows: Sequence[Record], failed: Failed, fetched: Fetched) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    group.create_task(self._fetch(row, failed, fetched))
        except ExceptionGroup as errors:  # the first says it all: database or store are away
            raise errors.exceptions[0] from None
        self._of_host.clear()

    async def _fetch(self, row: Record, failed: Failed, fetched: Fetched) -> None:
        url: str = row["url"]
        async with self._of_host[_host(url)], self._turns:
            try:
                blob = await self._download(url)
                fetched(await self._adopt(blob, url, row["pictures"]))
            except Rejected as error:
                failed(url, f"{error.public} {error.reason}".strip())
            except (ProductImagesError, OSError):  # database, store or disc: it is not this address that is at fault
                raise
            except Exception as error:
                failed(url, f"{type(error).__name__}: {error}")

    async def _download(self, url: str) -> Blob:
        absolute = f"https:{url}" if url.startswith("//") else url
        async with self._intake.spool() as spool:
            async with self._fetcher.open(absolute) as remote:
                async for chunk in remote.chunks:
                    await spool.write(chunk)
            return await self._intake.keep(spool, SOURCE_FORMATS)

    async def _adopt(self, blob: Blob, url: str, pictures: Sequence[int]) -> int:
        async with self._db.transaction() as tx:
            await self._filing.admit(tx, blob)
            products = [row["product_id"] for row in await tx.fetch("products_of_pictures", pictures)]
            await tx.fetch("lock_products", products)
            async with recorded_pictures(tx, pictures), recorded(tx, products):
                adopted = [row["id"] for row in await tx.fetch("adopt_blob", bytes.fromhex(blob.hash), pictures, url)]
                await give_files(tx, self._filing, adopted)
                images = [row["id"] for row in await tx.fetch("edited_images_of_pictures", adopted)]
                await self._filing.edits.follow(tx, images)
        return len(adopted)


async def give_files(tx: Transaction, filing: Filing, pictures: Sequence[int]) -> None:
    """Gives name and path to the gallery entries of pictures that have bytes but came by URL."""
    for entry in await tx.fetch("entries_without_file", pictures):
        name = sanitised(last_segment(_path(entry["url_large"] or "")))
        file = FileName(stem(name), EXTENSIONS[entry["format"]])
        path = await filing.rename(tx, entry["picture_id"], file)
        await tx.execute("give_file", entry["id"], name, path, filing.recipes)


def _host(url: str) -> str:
    return _split(url).netloc


def _path(url: str) -> str:
    return _split(url).path


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # such as a broken IPv6 address, which the fetcher refuses in its own words
        return urlsplit("")
