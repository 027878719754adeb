"""Which locale an `Accept-Language` header asks for (spec §5). Never an error."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True, slots=True)
class _Part:
    base: str
    has_region: bool
    quality: float


@lru_cache(maxsize=1024)
def negotiate(header: str | None, languages: tuple[tuple[str, str], ...]) -> str:
    """The locale for `header`; `languages` are (language, locale) in configured order, the first is the default."""
    parts = [part for text in (header or "").split(",") if (part := _part(text.strip()))]
    best: tuple[float, str] | None = None
    for language, locale in languages:
        part = _best_part(parts, language.lower())
        # Strictly greater: on equal quality the configured order decides.
        if part and (best is None or part.quality > best[0]):
            best = (part.quality, locale)
    return best[1] if best else languages[0][1]


def _part(text: str) -> _Part | None:
    tag, *parameters = text.split(";")
    subtags = tag.strip().lower().split("-")
    if not subtags[0] or len(subtags) > 3:
        return None
    return _Part(subtags[0], len(subtags) > 1, _quality(parameters))


def _quality(parameters: list[str]) -> float:
    quality = 1.0
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if equals and name.strip().lower() == "q":
            number = _NUMBER.match(value.strip(' "'))
            quality = float(number[1]) if number else 0.0
    return quality


def _best_part(parts: list[_Part], language: str) -> _Part | None:
    matching = [part for part in parts if part.base in (language, "*")]
    return max(matching, key=lambda part: _score(part, language), default=None)


def _score(part: _Part, language: str) -> int:
    return 10 * (part.base == language) + (not part.has_region)
