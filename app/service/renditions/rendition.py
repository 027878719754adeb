"""A rendition as it is found and delivered."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from app.errors import ObjectTooLarge, RenditionNotFound, StoreUnavailable
from app.model import FORMAT_OF_EXTENSION, MEDIA_TYPES, Format, Rendered, Segment, parted
from app.service.pictures.removal import RenditionPlace
from app.store import ObjectStore
from app.store.keys import rendition_key

Kept: TypeAlias = tuple[Rendered, str, int]
"""A rendition with the ETag and the size, in bytes, of what the store holds."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A rendition that the store holds: `size` in bytes, `etag` the SHA-256 of its bytes."""

    key: str
    format: Format
    size: int
    etag: str
    created_at: datetime

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


def format_of(extension: str) -> Format:
    """The format that a URL's extension chooses; RenditionNotFound for others."""
    fmt = FORMAT_OF_EXTENSION.get(extension.lower())
    if fmt is None:
        raise RenditionNotFound(f"no rendition ends in .{extension}")
    return fmt


async def bytes_of(store: ObjectStore, rendition: Rendition) -> bytes:
    """All of it; ObjectMissing. StoreUnavailable where the store has something else than is recorded: for a moment
    while a lost one is built again, and for as long as one is damaged."""
    other = StoreUnavailable(f"{rendition.key} has other than its {rendition.size} bytes")
    try:
        data = await store.read(rendition.key, rendition.size)
    except ObjectTooLarge as error:
        raise other from error
    if len(data) != rendition.size:
        raise other
    return data


async def as_kept(one: Rendered) -> Kept:
    """As the store will hold it, unless something is there."""
    return one, await asyncio.to_thread(_sha256, one.data), len(one.data)


async def put(store: ObjectStore, segment: Segment, ours: Kept, most: int) -> Kept:
    """What the store holds now: ours, or what an earlier try left there, of at most so many bytes."""
    one, etag, _ = ours
    key = rendition_key(_own(segment, one), one.recipe.hash, one.format)
    if await store.put(key, one.data, sha256=etag, media_type=MEDIA_TYPES[one.format]):
        return ours
    kept = await store.read(key, most)
    return one, await asyncio.to_thread(_sha256, kept), len(kept)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def place(segment: Segment, one: Rendered) -> RenditionPlace:
    """Where it is recorded."""
    blob, marks = parted(_own(segment, one))
    return bytes.fromhex(blob), one.recipe.hash, one.format, marks


def _own(segment: Segment, one: Rendered) -> Segment:
    """The cleaned original is the blob's own even where it carries marks: its recipe says so."""
    return segment if one.recipe.box is not None else Segment(parted(segment)[0])
