"""Which output format a request accepts."""

from functools import lru_cache
from typing import Final

from app.apis.openmage.errors import NOT_ACCEPTABLE, OpenMageError
from app.apis.openmage.formats import Format
from app.http.negotiate import Choice, choices

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
    weighed = sorted(choices(accept[:_LONGEST]), key=lambda choice: -_weight(choice))
    return [choice.value.lower() for choice in weighed]


def _weight(choice: Choice) -> float:
    """That of a media type's first parameter; any other parameter weighs nothing less than 1."""
    name, text = choice.parameters[0] if choice.parameters else ("", None)
    try:
        weight = float(text or "") if name == "q" else 1.0
    except ValueError:
        return 1.0
    return weight if 0 <= weight <= 1 else 1.0
