"""Under which paths the APIs show a product: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from app.db.pool import Record
from app.service.feed.events import Change
from app.service.feed.tags import image_tag, product_tag

_DECIDED: Final = ("image.ready", "image.failed")
"""Of these nothing shows but in what is read for storefronts: sizes, placeholders."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A product as paths name it. `slugs` former ones, too; `heirs` are variants that show its images as theirs."""

    id: int
    root: int
    sku: str
    slugs: Sequence[str]
    heirs: Sequence[str]

    @property
    def is_root(self) -> bool:
        return self.id == self.root


@dataclass(frozen=True, slots=True)
class Shops:
    """Products by id, and store views as (id, code)."""

    products: Mapping[int, Shown]
    stores: Sequence[tuple[int, str]]

    @classmethod
    def of(cls, rows: Iterable[Record]) -> "Shops":
        """Of rows of `shown_products`, of which each tells all store views."""
        products: dict[int, Shown] = {}
        stores: Sequence[tuple[int, str]] = ()
        for row in rows:
            products[row["id"]] = Shown(row["id"], row["root"], row["sku"], row["slugs"], row["heirs"])
            stores = list(zip(row["store_ids"], row["store_codes"], strict=True))
        return cls(products, stores)


def documents_of(change: Change, shops: Shops) -> list[str]:
    """The paths whose documents may be other ones after a change."""
    shown = shops.products[change.product or 0]
    skus = (shown.sku, *shown.heirs)
    paths = [path for sku in skus for path in _of_storefronts(sku, shops)]
    if change.kind in _DECIDED:
        return paths
    return [*_of_glue(shown), *_of_spree(shown, change.image), *_of_openmage(shown, change.image, shops), *paths]


def tags_of(change: Change, shops: Shops) -> list[str]:
    """By which documents are found that show several products, or nobody knows how many images. Those of variants are
    tagged as their root's."""
    shown = shops.products[change.product or 0]
    products = dict.fromkeys((shown.id, shown.root))
    return [*map(product_tag, products), *([image_tag(change.image)] if change.image is not None else [])]


def _of_storefronts(sku: str, shops: Shops) -> Iterator[str]:
    path = f"/v1/media?sku={quote(sku, safe='')}"
    yield path
    yield from (f"{path}&store={quote(code, safe='')}" for _, code in shops.stores)


def _of_glue(shown: Shown) -> Iterator[str]:
    kinds = [("abstract", shown.sku)] if shown.is_root else [("concrete", shown.sku)]
    for kind, sku in (*kinds, *(("concrete", heir) for heir in shown.heirs)):
        yield f"/{kind}-products/{quote(sku, safe='')}"
        yield f"/{kind}-products/{quote(sku, safe='')}/{kind}-product-image-sets"


def _of_spree(shown: Shown, image: int | None) -> Iterator[str]:
    products = (f"products/{quote(slug, safe='')}" for slug in shown.slugs) if shown.is_root else ()
    galleries = [*products, *([f"products/{shown.id}"] if shown.is_root else []), f"variants/{shown.id}"]
    for prefix in ("/api/v1", "/api"):
        for gallery in galleries:
            yield f"{prefix}/{gallery}/images"
            if image is not None:
                yield f"{prefix}/{gallery}/images/{image}"


def _of_openmage(shown: Shown, image: int | None, shops: Shops) -> Iterator[str]:
    for product in (str(shown.id), quote(shown.sku, safe="")):
        for thing in ("images", *([f"images/{image}"] if image is not None else [])):
            path = f"/api/rest/products/{product}/{thing}"
            yield path
            yield from (f"{path}/store/{number}" for number, _ in shops.stores)
