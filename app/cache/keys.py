"""Under what documents are kept, and dropped."""

from collections.abc import Hashable
from functools import lru_cache
from hashlib import blake2b
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


def digest(key: Hashable) -> bytes:
    """16 bytes, other ones for every key that has another `repr`. This is done at each read of what is packed, so what
    most keys have in common is not looked at again."""
    match key:
        case PathKey(path, rest):
            return _digest(path, _common(PathKey, rest).salt)
        case ShownKey(sku, store, media):
            return _digest(sku, _common(ShownKey, (store, media)).salt)
        case _:
            return blake2b(repr(key).encode(), digest_size=16).digest()


def length(key: Hashable) -> int:
    """How many characters a key has: clients choose most of them."""
    match key:
        case PathKey(path, rest):
            return len(path) + _common(PathKey, rest).length
        case ShownKey(sku, store, media):
            return len(sku) + _common(ShownKey, (store, media)).length
        case _:
            return len(repr(key))


class _Common(NamedTuple):
    """What is known of that part of keys which most have in common."""

    salt: bytes
    length: int


@lru_cache(maxsize=256)
def _common(kind: type, rest: Hashable) -> _Common:
    text = repr((kind.__name__, rest))
    return _Common(blake2b(text.encode()).digest(), len(text))


def _digest(part: str, salt: bytes) -> bytes:
    return blake2b(part.encode(errors="surrogatepass"), digest_size=16, key=salt).digest()


def native(family: ProductId) -> int:
    """The family under which the native API's documents of a family of products are kept: they show more of it, and
    are dropped with it and without it."""
    return -family


def with_native(family: int | None) -> tuple[int | None, ...]:
    """A family, and that of its native documents."""
    return (family,) if family is None or family < 0 else (family, -family)
