"""What is said of images now, as the cells of a table would say it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.db.pool import Database, Record, Transaction
from app.service.transfer.spreadsheet import harmless
from app.service.transfer.texts.cells import VALUES, cell_of

GLOBAL: Final = ""
_PAGE: Final = 100
"""Images, each with a line for every store view: so many are put into words before others have their turn."""
_NONE: Final[Mapping[str, Any]] = dict.fromkeys(VALUES)


@dataclass(frozen=True, slots=True)
class Stored:
    """An image, and by the codes of store views (`GLOBAL` first) what each says of it: cells by name."""

    id: int
    product: int
    sku: str
    scopes: Mapping[str, Mapping[str, str]]


async def stored_images(source: Database | Transaction, ids: Sequence[int], stores: Iterable[str]) -> dict[int, Stored]:
    """The live ones of these images."""
    rows = await source.fetch("texts_of_images", list(ids))
    return {row["id"]: _stored(row, stores) for row in rows}


async def all_images(
    database: Database, stores: Sequence[str], skus: Sequence[str] | None
) -> AsyncIterator[Sequence[Stored]]:
    """The galleries of these products, or of all; nothing is held between two pages."""
    behind = 0
    while rows := await database.fetch("products_with_texts", behind, None if skus is None else list(skus)):
        ids = [image for row in rows for image in row["images"]]
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            images = await stored_images(database, page, stores)
            yield [images[image] for image in page if image in images]
        behind = rows[-1]["id"]


def cells_of(image: Stored) -> Iterable[Sequence[str]]:
    """One for each scope."""
    for store, cells in image.scopes.items():
        yield harmless(image.sku), str(image.id), store, *cells.values()


def _stored(row: Record, stores: Iterable[str]) -> Stored:
    values = {GLOBAL: {name: row[name] for name in VALUES}} | orjson.loads(row["stores"])
    scopes = {code: values.get(code, _NONE) for code in (GLOBAL, *stores)}
    cells = {code: {name: cell_of(name, of_scope[name]) for name in VALUES} for code, of_scope in scopes.items()}
    return Stored(row["id"], row["product_id"], row["sku"], cells)
