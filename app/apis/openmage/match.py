"""Which resource a path names, and what its parameters mean."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.apis.openmage.errors import NO_ROUTE, OpenMageError
from app.apis.php.values import is_numeric, php_int
from app.percent import decoded, readable
from app.service.galleries.openmage.reader import ProductRef, Scope

_BASE: Final = ["api", "rest", "products"]
_ID: Final = re.compile(r"[+-]?[1-9][0-9]*|0")
_HIGHEST: Final = 2**63 - 1  # of any id that a row can have
_NO_ID: Final = 0


@dataclass(frozen=True, slots=True)
class Route:
    """The parameters of a path, decoded, and the product as the path spells it; no image = the collection."""

    product: str
    spelled_product: str
    image: str | None
    store: str | None

    @property
    def pattern(self) -> str:
        image = "" if self.image is None else "/{image}"
        return f"/api/rest/products/{{product}}/images{image}" + ("" if self.store is None else "/store/{store}")


@lru_cache(maxsize=1024)
def match(path: str) -> Route:
    """The route of a raw (percent-encoded) path; OpenMageError (404) for one that is none.

    Entity and collection, with and without a store view, are told apart by the number of segments alone.
    """
    spelled = readable(path).strip("/").split("/")
    segments = [decoded(segment) for segment in spelled]
    match segments[len(_BASE) :]:
        case [product, "images"]:
            image, store = None, None
        case [product, "images", image]:
            store = None
        case [product, "images", "store", store]:
            image = None
        case [product, "images", image, "store", store]:
            pass
        case _:
            raise OpenMageError(NO_ROUTE)
    if segments[: len(_BASE)] != _BASE or "" in (image, store):
        raise OpenMageError(NO_ROUTE)
    return Route(product, spelled[len(_BASE)], image, store)


def route_of(raw_path: str) -> str | None:
    """The route's pattern, None where nothing is routed."""
    try:
        return match(raw_path).pattern
    except OpenMageError:
        return None


def product_ref(product: str) -> ProductRef:
    """The product that a path parameter names: an id; or a SKU first, then the number that it also is."""
    if "\x00" in product:
        return ProductRef(None, None)
    if _ID.fullmatch(product):
        return ProductRef(None, _possible_id(php_int(product)))
    return ProductRef(product, _possible_id(php_int(product)) if is_numeric(product) else None)


def _possible_id(number: int) -> int | None:
    return number if 0 < number < _HIGHEST else None


def image_id(image: str) -> int:
    """The id that a path parameter names; 0, which no image has, where it names none."""
    number = re.match(r"\s*\+?([0-9]{1,19})", image)
    return min(int(number[1]), _HIGHEST) if number else _NO_ID


def scope(store: str | None, *, public: bool) -> Scope:
    """The scope that a path names to an admin or to the public; an id may be spelled with zeros in front."""
    if store is None or "\x00" in store:
        return Scope(store and "", public)
    return Scope(store.lstrip("0") or "0" if re.fullmatch("[0-9]+", store) else store, public)
