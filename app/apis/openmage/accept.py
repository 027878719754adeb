"""Which output format a request accepts."""

from functools import lru_cache
from typing import Final

from app.apis.openmage.errors import NOT_ACCEPTABLE, OpenMageError
from app.apis.openmage.formats import Format

_FORMATS: Final[dict[str, Format]] = {
    "text/xml": "xml",
    "application/xml": "xml",
    "application/xhtml+xml": "xml",
    "application/json": "json",
    "application/*": "json",
    "text/plain": "query",
    "text/*": "query",
}

_LONGEST: Final = 4000
"""Characters of a header that are read: it may come in a hundred lines."""


@lru_cache(maxsize=512)
def negotiate(accept: str, wildcard: Format = "xml") -> Format:
    """The format for an Accept header, which is empty if there is none; `wildcard` is that of `*/*`.

    OpenMageError (406) if nothing on offer is accepted.
    """
    if not accept.strip():
        return "xml"
    formats = _FORMATS | {"*/*": wildcard}
    for media_type in _by_preference(accept):
        if media_type in formats:
            return formats[media_type]
    raise OpenMageError(NOT_ACCEPTABLE)


def _by_preference(accept: str) -> list[str]:
    """The media types, most wanted first; of equal ones the first."""
    weighed = []
    for entry in accept[:_LONGEST].split(","):
        if not entry:
            continue
        media_type, *parameters = entry.split(";")
        weighed.append((_quality(parameters[0] if parameters else ""), media_type.strip().lower()))
    return [media_type for _, media_type in sorted(weighed, key=lambda pair: -pair[0])]


def _quality(parameter: str) -> float:
    """The weight in a media type's first parameter; any other parameter weighs nothing less than 1."""
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 1.0
    return quality if 0 <= quality <= 1 else 1.0
