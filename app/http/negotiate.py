"""What a request would rather have: lists of weighed values, RFC 9110 §12.4.2, and further formats of pictures."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from app.model import EXTENSIONS, FORMAT_OF_EXTENSION, FURTHER_FORMATS, MEDIA_TYPES, Format

_WEIGHT: Final = re.compile(r"[01](?:\.[0-9]{0,3})?")
_MOVING: Final[frozenset[Format]] = frozenset(("webp",))
"""What a GIF may become: its renditions in AVIF stand still."""


class Choice(NamedTuple):
    """One value of a list such as `Accept`, and its parameters: names in lower case; None for one without `=`."""

    value: str
    parameters: tuple[tuple[str, str | None], ...]


def choices(header: str) -> Iterator[Choice]:
    """The values in their order, empty ones too. What is a weight, and what it means, is the reader's to say."""
    for entry in header.split(","):
        value, *parameters = entry.split(";")
        yield Choice(value.strip(), tuple(map(_pair, parameters)) if parameters else ())


def _pair(parameter: str) -> tuple[str, str | None]:
    name, equals, text = parameter.partition("=")
    return name.strip().lower(), text.strip() if equals else None


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
    least = _weight_of(MEDIA_TYPES[own], weights)
    named = [fmt for fmt in offered if weights.get(MEDIA_TYPES[fmt], 0.0) >= max(least, 0.001)]
    return tuple(sorted(named, key=lambda fmt: -weights[MEDIA_TYPES[fmt]]))


def is_wanted(request: web.BaseRequest, kind: str, usual: str) -> bool:
    """Whether `Accept` names a media type and weighs it no less than the `usual` one; wildcards name nothing."""
    weights = _weights(", ".join(request.headers.getall(hdrs.ACCEPT, ())))
    return weights.get(kind, 0.0) >= max(_weight_of(usual, weights), 0.001)


def _weight_of(kind: str, weights: Mapping[str, float]) -> float:
    """By its name, or the wildcard nearest to it."""
    family = kind.partition("/")[0]
    return next((weights[name] for name in (kind, f"{family}/*", "*/*") if name in weights), 0.0)


def _weights(accept: str) -> dict[str, float]:
    return {choice.value.lower(): _weight(choice) for choice in choices(accept)}


def _weight(choice: Choice) -> float:
    """The first valid one."""
    weights = (text for name, text in choice.parameters if name == "q" and text and _WEIGHT.fullmatch(text))
    return float(next(weights, "1"))
