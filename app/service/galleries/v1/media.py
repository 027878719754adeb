"""What products show a storefront: their public pictures in a store view, one statement however many are asked for.
Source: native.md, section 9."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

import orjson

from app.db.pool import Readable, Record
from app.errors import StoreViewNotFound
from app.model import BlobHash, Format, ImageId, Placeholder, ProductId, segment_of
from app.raster.steps.orient import oriented
from app.raster.steps.shrink import fitted
from app.service.batches import Batches
from app.service.pictures.paths import below_recipe, rendition_file
from app.service.renditions.widths import ladder, offered_formats
from app.settings import Settings

_LANES: Final = 2
"""Statements under way at a time, as for image sets."""


class Wanted(NamedTuple):
    """A product by its SKU, spelt exactly, as the store view with this code shows it; None: as none does."""

    sku: str
    store: str | None


class Offer(NamedTuple):
    """A rendition by its path below the media address, with its sides in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A picture's sides in pixels as it is seen, the path of its large rendition, and its offers by format, each
    narrowest first."""

    width: int
    height: int
    large: str
    offers: Mapping[Format, Sequence[Offer]]


@dataclass(frozen=True, slots=True)
class ShownImage:
    """`file` None: it is known by its `url` alone. `focal`: what matters most in it, in fractions from left and top."""

    id: ImageId
    alt: str | None
    types: Sequence[str]
    placeholder: Placeholder | None
    focal: Sequence[float] | None
    file: ShownFile | None
    url: str | None


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """`family` is the root product's id. The images, in order, are made as they are taken, once."""

    family: ProductId
    is_inherited: bool
    images: Iterable[ShownImage]


class MediaReader:
    def __init__(self, database: Readable, settings: Settings) -> None:
        self._db = database
        self._batches = Batches(self._rows, _LANES)
        self._large = next(recipe for recipe in settings.recipes if recipe.name == "large")
        self._widths = settings.width_recipes
        self._shows_marks = settings.rights == "rights"

    async def product(self, wanted: Wanted) -> ShownProduct | None:
        """What a product shows; None for one that is unknown or not public. StoreViewNotFound."""
        return self._product(wanted, await self._batches.answer(wanted))

    async def products(self, wanted: Sequence[Wanted]) -> list[ShownProduct | None]:
        """The same of several, by one statement."""
        answers = await self._rows(wanted)
        return [self._product(one, rows) for one, rows in zip(wanted, answers, strict=True)]

    async def _rows(self, wanted: Sequence[Wanted]) -> list[list[Record]]:
        rows = await self._db.fetch("shown_media", *map(list, zip(*wanted, strict=True)))
        return [list(of_one) for _, of_one in groupby(rows, lambda row: row["nr"])]

    def _product(self, wanted: Wanted, rows: Sequence[Record]) -> ShownProduct | None:
        first = rows[0]
        if wanted.store is not None and first["store"] is None:
            raise StoreViewNotFound(f"store view {wanted.store}")
        if first["product"] is None:
            return None
        return ShownProduct(ProductId(first["family"]), bool(first["level"]), self._images(rows))

    def _images(self, rows: Iterable[Record]) -> Iterator[ShownImage]:
        for row in rows:
            if row["image"] is not None:
                yield self._image(row)

    def _image(self, row: Record) -> ShownImage:
        return ShownImage(
            ImageId(row["image"]),
            row["alt"],
            row["types"],
            Placeholder(row["thumbhash"], row["color"]) if row["thumbhash"] else None,
            None if row["focal"] is None else orjson.loads(row["focal"]),
            None if row["blob_hash"] is None else self._file(row),
            row["url_large"] or row["url_small"],
        )

    def _file(self, row: Record) -> ShownFile:
        width, height = _sides(row)
        own: Format = row["format"]
        key = row["edit_key"] or (row["marks"] if self._shows_marks else None)
        segment = segment_of(BlobHash(row["blob_hash"].hex()), key)
        whose = segment, row["file_name"], row["picture"]
        steps = [
            (recipe.slug, *fitted((width, height), recipe.box))
            for recipe in ladder(width, self._widths)
            if recipe.box is not None
        ]
        files = {fmt: rendition_file(*whose, fmt) for fmt in offered_formats(own, row["frames"])}
        offers = {
            fmt: [Offer(below_recipe(slug, file), width, height) for slug, width, height in steps]
            for fmt, file in files.items()
        }
        return ShownFile(width, height, below_recipe(self._large.slug, files[own]), offers)


def _sides(row: Record) -> tuple[int, int]:
    """As the picture is seen, after an edit."""
    if row["edit_key"] is not None:
        return row["edited_width"], row["edited_height"]
    return oriented((row["width"], row["height"]), row["orientation"])
