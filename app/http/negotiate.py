"""Which further formats a request would rather have than a picture's own, RFC 9110 §12.5.1."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aiohttp import hdrs, web

from app.model import EXTENSIONS, FORMAT_OF_EXTENSION, FURTHER_FORMATS, MEDIA_TYPES, Format

_RANGE: Final = re.compile(r"\s*(?P<type>[^\s;,]+)\s*(?P<parameters>(?:;[^,]*)?)")
_WEIGHT: Final = re.compile(r";\s*q\s*=\s*(?P<weight>[01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_MOVING: Final[frozenset[Format]] = frozenset(("webp",))
"""What a GIF may become: its renditions in AVIF stand still."""


def is_negotiable(own: Format | None, offered: Sequence[Format]) -> bool:
    """Whether the format of a picture whose `own` one was asked for may depend on `Accept`."""
    return bool(offered) and own is not None and own not in FURTHER_FORMATS


def wanted_formats(request: web.BaseRequest, own: Format | None, offered: Sequence[Format]) -> tuple[Format, ...]:
    """What a client would rather have than a picture's `own` format, the best first."""
    if own is None or not is_negotiable(own, offered):
        return ()
    return preferred(", ".join(request.headers.getall(hdrs.ACCEPT, ())), tuple(offered), own)


def named(filename: str, fmt: Format) -> str:
    """A file name with an extension of its format."""
    stem, _, extension = filename.rpartition(".")
    if FORMAT_OF_EXTENSION.get(extension.lower()) == fmt:
        return filename
    return f"{stem or filename}.{EXTENSIONS[fmt]}"


@lru_cache(maxsize=256)
def preferred(accept: str, offered: Sequence[Format], own: Format) -> tuple[Format, ...]:
    """Of the formats `offered`, those that `accept` names and weighs no less than `own`, the best first.

    A wildcard names nothing: clients that send `*/*` say nothing of what they can decode. Formats of
    equal weight keep the order of the offer.
    """
    offered = [fmt for fmt in offered if own != "gif" or fmt in _MOVING]
    weights = _weights(accept)
    least = next((weights[kind] for kind in (MEDIA_TYPES[own], "image/*", "*/*") if kind in weights), 0.0)
    named = [fmt for fmt in offered if weights.get(MEDIA_TYPES[fmt], 0.0) >= max(least, 0.001)]
    return tuple(sorted(named, key=lambda fmt: -weights[MEDIA_TYPES[fmt]]))


def _weights(accept: str) -> dict[str, float]:
    found = {}
    for entry in _RANGE.finditer(accept):
        weight = _WEIGHT.search(entry["parameters"])
        found[entry["type"].lower()] = float(weight["weight"]) if weight else 1.0
    return found
