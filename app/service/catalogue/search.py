"""Products as the native API shows and finds them: one statement a read, which looks at a bounded number of rows
however many products there are. Source: native.md, section 3."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from app.db.pool import Database, Record
from app.errors import ProductNotFound
from app.model import BlobHash, ProductId, segment_of
from app.service.catalogue.terms import folded
from app.service.pictures.paths import rendition_path
from app.settings import Settings

LOOKED_AT: Final = 1000
"""Rows that the statement of a list looks at."""
_BEFORE_HALVES: Final = 0xD7FF
_BEHIND_HALVES: Final = 0xE000
"""What lies between them are halves of characters, which no text has."""


class ListPlace(NamedTuple):
    """Where a list has come to: the term that matched, empty where none was asked for, and the product's id."""

    term: str = ""
    id: int = 0


BEGINNING: Final = ListPlace()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products a list shows, and how many; None: no matter. `query` is what somebody has typed, `parent` an SKU,
    `missing` a word of `ProductDocument.missing`, `website` a code."""

    limit: int
    after: ListPlace = BEGINNING
    query: str | None = None
    skus: tuple[str, ...] | None = None
    parent: str | None = None
    missing: str | None = None
    state: Literal["processing", "failed"] | None = None
    enabled: bool | None = None
    website: str | None = None


class Counts(NamedTuple):
    """Of a product's live images; those known by their URLs alone only count as such."""

    total: int
    ready: int
    processing: int
    failed: int


@dataclass(frozen=True, slots=True)
class ProductDocument:
    """`family` is the root product's id, `parent` and `children` are SKUs, of children the first 1,000. `cover_path` is
    the small rendition of the gallery's first image, below the media address; `cover_url` that of one elsewhere."""

    id: ProductId
    family: ProductId
    sku: str
    slug: str
    name: str | None
    parent: str | None
    enabled: bool
    visible: bool
    supports_images: bool
    websites: tuple[str, ...]
    images: Counts
    cover_path: str | None
    cover_url: str | None
    missing: tuple[str, ...]
    children: tuple[str, ...]
    revision: int


class ProductReader:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._small = next(recipe.slug for recipe in settings.recipes if recipe.name == "small")
        self._shows_marks = settings.rights == "rights"

    async def product(self, sku: str) -> ProductDocument:
        """ProductNotFound."""
        found = await self.products([sku])
        if not found:
            raise ProductNotFound(f"There is no product {sku}.")
        return found[0]

    async def products(self, skus: list[str]) -> list[ProductDocument]:
        """Those of these that there are, by id."""
        rows = await self._db.fetch("native_products", skus, *[None] * 11)
        return [self._document(row) for row in rows if row["id"] is not None]

    async def page(self, wanted: Wanted) -> tuple[list[ProductDocument], ListPlace | None]:
        """A page in the order of the terms that matched, else by id; and where the list goes on, None at its end. A
        page may hold few products, or none, although the list goes on."""
        first, behind = _bounds(wanted.query)
        after = max(wanted.after, ListPlace(first or "", 0))
        rows = await self._db.fetch(
            "native_products",
            None,
            wanted.limit + 1,
            *after,
            None if wanted.skus is None else list(wanted.skus),
            first,
            behind,
            wanted.parent,
            wanted.missing,
            wanted.state,
            wanted.enabled,
            wanted.website,
        )
        found = [row for row in rows if row["id"] is not None]
        shown = found[: wanted.limit]
        products = [self._document(row) for row in shown]
        if len(found) > wanted.limit:
            return products, ListPlace(shown[-1]["term"], shown[-1]["id"])
        if rows[0]["looked"] < LOOKED_AT:
            return products, None
        term, number = rows[0]["looked_to"]
        return products, ListPlace(term, int(number))

    def _document(self, row: Record) -> ProductDocument:
        return ProductDocument(
            id=ProductId(row["id"]),
            family=ProductId(row["family"]),
            sku=row["sku"],
            slug=row["slug"],
            name=row["name"],
            parent=row["parent"],
            enabled=row["enabled"],
            visible=row["visible"],
            supports_images=row["supports_images"],
            websites=tuple(row["websites"]),
            images=Counts(row["total"], row["ready"], row["processing"], row["failed"]),
            cover_path=self._cover(row),
            cover_url=row["url"] if row["format"] is None else None,
            missing=tuple(row["missing"]),
            children=tuple(row["children"]),
            revision=row["revision"],
        )

    def _cover(self, row: Record) -> str | None:
        if row["format"] is None:
            return None
        key = row["edit_key"] or (row["marks"] if self._shows_marks else None)
        segment = segment_of(BlobHash(row["blob_hash"].hex()), key)
        return rendition_path(self._small, segment, row["file_name"], row["picture"], row["format"])


def _bounds(query: str | None) -> tuple[str | None, str | None]:
    """The first term that begins as the query does, and the first behind all of these; None where all products are
    asked for."""
    prefix = folded(query or "")
    if not prefix:
        return None, None
    last = ord(prefix[-1])
    return prefix, prefix[:-1] + chr(_BEHIND_HALVES if last == _BEFORE_HALVES else last + 1)
