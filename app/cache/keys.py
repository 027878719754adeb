"""Under what documents are kept, and dropped."""

from collections.abc import Hashable
from typing import NamedTuple

from app.model import ProductId


class ShownKey(NamedTuple):
    """The key of what a product shows a storefront: its SKU as typed, the store view's code or None, and where URLs of
    files begin. It lies in a part of its own."""

    sku: str
    store: str | None
    media: str


class PathKey(NamedTuple):
    """The key of a document that hangs on the path, as it came with its query, and on `rest`. What a request's headers
    make of `rest` may not hang on the path, as far as paths that there are documents for have the same pattern."""

    path: str
    rest: Hashable


def native(family: ProductId) -> int:
    """The family under which the native API's documents of a family of products are kept: they show more of it, and
    are dropped with it and without it."""
    return -family


def with_native(family: int | None) -> tuple[int | None, ...]:
    """A family, and that of its native documents."""
    return (family,) if family is None or family < 0 else (family, -family)
