"""A rendition as it is found and delivered."""

from dataclasses import dataclass
from datetime import datetime

from app.errors import RenditionNotFound
from app.model import FORMAT_OF_EXTENSION, MEDIA_TYPES, Format


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
