"""Image sets as storefronts read them, and the products that own them: one statement a read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from app.db.pool import Readable, Record
from app.errors import ProductNotFound
from app.model import BlobHash, ProductId, segment_of, sku_key
from app.service.batches import Batches
from app.service.pictures.paths import rendition_file
from app.settings import Settings

_LANES: Final = 2
"""Statements under way at a time: enough to keep a database busy, few enough that a rush is read in batches."""


class SetImage(NamedTuple):
    """One image of a set. Both URLs are non-empty; a text is null where there is none for the locale read. A tuple,
    since several are made for each document."""

    large_url: str
    small_url: str
    alt_large: str | None = None
    alt_small: str | None = None


@dataclass(frozen=True, slots=True)
class ImageSet:
    name: str
    images: tuple[SetImage, ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """What is known of a product: `abstract_sku` is set for a concrete one, `sets` are those it shows."""

    sku: str
    abstract_sku: str | None = None
    name: str | None = None
    sets: tuple[ImageSet, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductFamily:
    """A product and those of its relatives that were asked for and are known: an abstract one, and concretes
    by id. `main` stands among them too; `id` is the root product's."""

    id: ProductId
    main: ProductView
    abstract: ProductView | None
    concretes: tuple[ProductView, ...] = ()

    def concretes_of(self, product: ProductView) -> tuple[ProductView, ...]:
        return self.concretes if product.abstract_sku is None else ()

    def abstract_of(self, product: ProductView) -> ProductView | None:
        return self.abstract if product.abstract_sku is not None else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a storefront asks for: a product of one kind by its SKU as typed, in a locale; whether its sets are
    to be read, and which relatives. `media_base` is where image URLs begin, without a trailing slash."""

    sku: str
    is_abstract: bool
    locale: str
    media_base: str
    sets: bool = True
    abstract: bool = False
    concretes: bool = False


class ImageSetReader:
    def __init__(self, database: Readable, settings: Settings) -> None:
        self._db = database
        self._batches = Batches(self._rows, _LANES)
        slugs = {recipe.name: recipe.slug for recipe in settings.recipes}
        self._shows_marks = settings.rights == "rights"
        self._large, self._small = (f"/media/renditions/{slugs[name]}/" for name in ("large", "small"))

    async def read(self, wanted: Wanted) -> ProductFamily:
        """Raises ProductNotFound for a product that is deleted, disabled, in no website or of the other kind."""
        if "\0" in wanted.sku:
            raise ProductNotFound
        rows = await self._rows_of(wanted)
        if not rows:
            raise ProductNotFound
        return self._family(rows, wanted.media_base)

    async def _rows_of(self, wanted: Wanted) -> Sequence[Record]:
        """Only what is read all day shares statements: the relatives of one product may be thousands."""
        if wanted.sets and not wanted.abstract and not wanted.concretes:
            return await self._batches.answer(wanted)
        return (await self._rows((wanted,)))[0]

    async def _rows(self, wanted: Sequence[Wanted]) -> list[list[Record]]:
        """Of each; all of them want the same parts."""
        rows = await self._db.fetch(
            "image_sets",
            [one.sku for one in wanted],
            [sku_key(one.sku) for one in wanted],
            [one.is_abstract for one in wanted],
            [one.locale for one in wanted],
            wanted[0].abstract,
            wanted[0].concretes,
            wanted[0].sets,
        )
        answers: list[list[Record]] = [[] for _ in wanted]
        for row in rows:
            answers[row["nr"] - 1].append(row)
        return answers

    def _family(self, rows: Sequence[Record], media_base: str) -> ProductFamily:
        products: list[ProductView] = []
        main: ProductView | None = None
        for _, group in groupby(rows, lambda row: row["product_id"]):
            of_product = list(group)
            products.append(self._product(of_product, media_base))
            if of_product[0]["is_main"]:
                main = products[-1]
        assert main is not None
        abstract = next((product for product in products if product.abstract_sku is None), None)
        concretes = tuple(product for product in products if product.abstract_sku is not None)
        return ProductFamily(ProductId(rows[0]["family"]), main, abstract, concretes)

    def _product(self, rows: Sequence[Record], media_base: str) -> ProductView:
        first = rows[0]
        sets = tuple(
            ImageSet(name, tuple(self._image(row, media_base) for row in group))
            for (set_id, name), group in groupby(rows, lambda row: (row["set_id"], row["set_name"]))
            if set_id is not None
        )
        return ProductView(first["sku"], first["abstract_sku"], first["name"], sets)

    def _image(self, row: Record, media_base: str) -> SetImage:
        if row["blob_hash"] is None:
            large, small = row["url_large"] or row["url_small"], row["url_small"] or row["url_large"]
        else:
            key = row["edit_key"] or (row["marks"] if self._shows_marks else None)
            segment = segment_of(BlobHash(row["blob_hash"].hex()), key)
            file = rendition_file(segment, row["file_name"], row["picture_id"], row["format"])
            large, small = media_base + self._large + file, media_base + self._small + file
        return SetImage(large, small, row["alt_large"], row["alt_small"])
