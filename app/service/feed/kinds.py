"""Which events there are, and which of them somebody wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DOCUMENTS: Final = "product.images_changed"
WITHDRAWN: Final = "media.withdrawn"
TEST: Final = "webhook.test"

_ROWS: Final = (
    "image.created",
    "image.updated",
    "image.replaced",
    "image.moved",
    "image.deleted",
    "image.restored",
    "image.ready",
    "image.failed",
    "gallery.reordered",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
    "set.changed",
    "set.removed",
    "picture.changed",
    "picture.swept",
    "picture.purged",
    "recipe.swept",
    "batch.finished",
    "catalogue.changed",
    "key.added",
    "key.changed",
    "key.revoked",
    "key.resealed",
    "webhook.added",
    "webhook.changed",
    "webhook.removed",
    "webhook.rotated",
    "webhook.disabled",
)
TYPES: Final = (*_ROWS, DOCUMENTS, WITHDRAWN, TEST)
WITHDRAWING: Final = (
    "image.updated",
    "image.replaced",
    "image.deleted",
    "product.deleted",
    "picture.swept",
    "picture.purged",
    "recipe.swept",
)
"""Kinds of rows after which URLs may have stopped answering."""

_OF_ADMINS: Final = ("key", "webhook")
_ALL: Final = "*"


def is_known(pattern: str) -> bool:
    """Whether it is a type, `*`, or a prefix with `.*` of some type."""
    return pattern == _ALL or _names_one(pattern, TYPES)


def is_of_the_log(pattern: str) -> bool:
    """Whether it is a kind of rows, or a prefix with `.*` of some kind."""
    return _names_one(pattern, _ROWS)


def _names_one(pattern: str, words: Iterable[str]) -> bool:
    if pattern.endswith(".*"):
        return any(one.startswith(pattern[:-1]) for one in words)
    return pattern in words


def is_of_admins(kind: str) -> bool:
    """Of acts of an administrator, shown to administrators only."""
    return kind.partition(".")[0] in _OF_ADMINS


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events are wanted. `types` as `is_known` has them; `skus` and `sku_prefix` leave out what has no such
    product, None: no matter. `of_admins`: whether those of administrators are among them."""

    types: tuple[str, ...] = (_ALL,)
    skus: frozenset[str] | None = None
    sku_prefix: str | None = None
    of_admins: bool = True

    def wants(self, kind: str) -> bool:
        """Whether events of this type are."""
        if is_of_admins(kind) and not self.of_admins:
            return False
        return any(_matches(kind, pattern) for pattern in self.types)

    def wants_of(self, sku: str | None) -> bool:
        """Whether events about this product are, None for those about none."""
        if self.skus is not None and sku not in self.skus:
            return False
        return self.sku_prefix is None or (sku is not None and sku.startswith(self.sku_prefix))

    @property
    def kinds(self) -> list[str]:
        """The kinds of rows of which such events may come, but for `DOCUMENTS`, which any kind may bring."""
        withdrawing: Iterable[str] = WITHDRAWING if self.wants(WITHDRAWN) else ()
        return list(dict.fromkeys((*filter(self.wants, _ROWS), *withdrawing)))


EVERYTHING: Final = Selection()


def _matches(kind: str, pattern: str) -> bool:
    return pattern in (_ALL, kind) or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))
