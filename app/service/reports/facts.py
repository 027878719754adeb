"""What is known of images, made of the rows of `images_to_check`."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

import orjson

from app.checks.facts import Facts, Original
from app.db.pool import Record
from app.model import PixelFacts
from app.raster.steps.orient import oriented

_NONE: Final[Mapping[str, bool]] = {}


def facts_of(row: Record) -> Facts:
    return Facts(
        state="external" if row["format"] is None else row["state"],
        sides=_sides(row),
        original=_original(row),
        pixels=_pixels(row),
        texts=orjson.loads(row["texts"]) if row["texts"] else _NONE,
        duplicates=tuple(row["duplicates"] or ()) if row["is_compared"] else None,
    )


def _sides(row: Record) -> tuple[int, int] | None:
    if row["format"] is None:
        return None
    return oriented((row["width"], row["height"]), row["orientation"])


def _pixels(row: Record) -> PixelFacts | None:
    found = orjson.loads(row["pixel_facts"]) if row["pixel_facts"] else None
    if not found:  # nobody looked, or in vain
        return None
    return PixelFacts(found["border_white"], found["border_color"], found["fill"], found["blur"])


def _original(row: Record) -> Original | None:
    if row["path"] is None or row["format"] is None:
        return None
    extension = PurePosixPath(row["path"]).suffix.removeprefix(".").lower()
    return Original(row["format"], row["frames"], extension, row["size"])
