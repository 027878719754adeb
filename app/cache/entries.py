"""A ready document as it lies in memory."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from app.cache.favourites import Use
from app.cache.keys import length
from app.http.ready import Document

_BESIDE_BYTES: Final = 1500
"""Memory of a ready document beside its body and its key: headers twice, bookkeeping."""


@dataclass(slots=True)
class Entry:
    """`size` in bytes; `expires` on the monotonic clock; `use` is that of what its links begin with."""

    document: Document
    size: int
    expires: float
    use: Use
    again: bool = False
    """Whether it was asked for since it became ready."""


def size_of(key: Hashable, document: Document) -> int:
    """The key counts: clients choose how long a path is."""
    return len(document.body) + length(key) + _BESIDE_BYTES
