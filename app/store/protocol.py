"""What every object store offers. Objects are immutable: a key is written once or not at all."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self

CHUNK: Final = 256 * 1024
"""Bytes that a stream holds in memory at a time, at most twice that, where nobody wants them in smaller pieces."""


@dataclass(frozen=True, slots=True)
class ObjectStat:
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class ObjectBody:
    """An open object. `size` is that of the whole object in bytes, whatever part was asked for.

    Iterating gives the asked part once, in chunks, each read only when it is wanted. It raises
    StoreUnavailable rather than end early.
    """

    size: int
    chunks: AsyncIterator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.chunks


class ObjectStore(Protocol):
    """Every method raises InvalidKey for a key that `keys.checked_key` refuses, and StoreUnavailable
    when the store is away; the same object works again once the store is back."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        sha256: str | None = None,
        media_type: str,
        handover: bool = False,
    ) -> bool:
        """Store `source` durably unless the key is taken; False if it was.

        `sha256` (hex) is verified against what is stored; ChecksumMismatch if it differs. `handover`
        promises that `source` is a `held.HeldFile` that nobody writes to again (closing it is fine), so
        that a store may keep it without copying.
        """
        ...

    def open(
        self, key: str, *, start: int = 0, end: int | None = None, piece: int = CHUNK
    ) -> AbstractAsyncContextManager[ObjectBody]:
        """Stream the bytes `[start, end)`, cut to the object's length, in chunks of at most `piece` bytes;
        ObjectMissing."""
        ...

    async def read(self, key: str, limit: int) -> bytes:
        """A small object as a whole; ObjectMissing, or ObjectTooLarge beyond `limit` bytes."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The object as a file that may be read, never written, while the context lasts; ObjectMissing."""
        ...

    async def stat(self, key: str) -> ObjectStat | None: ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those already gone count as removed."""
        ...

    async def delete_versions(self, beginnings: Iterable[str]) -> int:
        """Remove each version, present or former, of what lies under keys that begin so, where the store keeps
        versions; how many. StoreUnavailable where some remain."""
        ...

    async def remarks(self) -> list[str]:
        """What who runs the store has to know of how it is set up, each a sentence without its full stop. Misconfigured
        where originals are in danger."""
        ...

    async def check(self) -> None:
        """Write, read and delete a small object."""
        ...

    async def clock(self) -> datetime:
        """What time it is for the store, to a second, with its time zone."""
        ...

    async def tidy(self) -> None:
        """Remove the files that processes killed in the middle of a call left on this machine."""
        ...
