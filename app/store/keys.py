"""Where an object lies. Keys come from hashes only, never from a client's words."""

import re
from typing import Final

from app.errors import InvalidKey
from app.model import EXTENSIONS, BlobHash, Format, RecipeHash

_SEGMENT: Final = r"[a-z0-9_-][a-z0-9._-]{0,127}"
_KEY: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,7}}")


def blob_key(blob: BlobHash) -> str:
    """The key of uploaded bytes."""
    return f"blobs/{blob[:2]}/{blob[2:4]}/{blob}"


def rendition_key(blob: BlobHash, recipe: RecipeHash, fmt: Format) -> str:
    """The key of one rendition; the cleaned original is the one of the recipe `clean`."""
    return f"renditions/{blob[:2]}/{blob}/{recipe}.{EXTENSIONS[fmt]}"


def checked_key(key: str) -> str:
    """`key` itself, if every store can hold it: at most eight segments, none beginning with a dot.

    Raises InvalidKey.
    """
    if not _KEY.fullmatch(key):
        raise InvalidKey(repr(key))
    return key
