"""Where an object lies. Keys come from hashes only, never from a client's words."""

import re
from typing import Final

from app.errors import InvalidKey
from app.model import EXTENSIONS, FORMAT_OF_EXTENSION, BlobHash, Format, RecipeHash, Segment

ORIGINALS: Final = "blobs/"
"""How the keys of uploaded bytes begin."""
_SEGMENT: Final = r"[a-z0-9_-][a-z0-9._-]{0,127}"
_RENDITION_KEY: Final = re.compile(
    rf"renditions/[0-9a-f]{{2}}/(?P<segment>[0-9a-f]{{64}}(?:-[0-9a-f]{{16}})?)/(?P<recipe>[0-9a-f]+)\.(?P<extension>{'|'.join(EXTENSIONS.values())})"
)
_KEY: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,7}}")


def blob_key(blob: BlobHash) -> str:
    """The key of uploaded bytes."""
    return f"{ORIGINALS}{blob[:2]}/{blob[2:4]}/{blob}"


def rendition_key(segment: Segment, recipe: RecipeHash, fmt: Format) -> str:
    """The key of one rendition; the cleaned original is the one of the recipe `clean`."""
    return f"{_made_of(segment)}/{recipe}.{EXTENSIONS[fmt]}"


def beginnings_of(blob: BlobHash) -> tuple[str, str]:
    """How all keys of these bytes begin, and of whatever was made of them, edits included."""
    return blob_key(blob), _made_of(blob)


def _made_of(segment: str) -> str:
    """Where the renditions of a segment lie."""
    return f"renditions/{segment[:2]}/{segment}"


def rendition_of_key(key: str) -> tuple[Segment, RecipeHash, Format] | None:
    """What `rendition_key` made a key of; None for any other key."""
    match = _RENDITION_KEY.fullmatch(key)
    if match is None:
        return None
    return Segment(match["segment"]), RecipeHash(match["recipe"]), FORMAT_OF_EXTENSION[match["extension"]]


def checked_key(key: str) -> str:
    """`key` itself, if every store can hold it: at most eight segments, none beginning with a dot.

    Raises InvalidKey.
    """
    if not _KEY.fullmatch(key):
        raise InvalidKey(repr(key))
    return key
