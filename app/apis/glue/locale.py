"""Which locale an `Accept-Language` header asks for (spec §5). Never an error."""

from dataclasses import dataclass
from functools import lru_cache

from app.apis.php.values import php_float
from app.http.negotiate import Choice, choices


@dataclass(frozen=True, slots=True)
class _Part:
    base: str
    has_region: bool
    quality: float


@lru_cache(maxsize=1024)
def negotiate(header: str | None, languages: tuple[tuple[str, str], ...]) -> str:
    """The locale for `header`; `languages` are (language, locale) in configured order, the first is the default."""
    parts = [part for choice in choices(header or "") if (part := _part(choice))]
    best: tuple[float, str] | None = None
    for language, locale in languages:
        part = _best_part(parts, language.lower())
        # Strictly greater: on equal quality the configured order decides.
        if part and (best is None or part.quality > best[0]):
            best = (part.quality, locale)
    return best[1] if best else languages[0][1]


def _part(choice: Choice) -> _Part | None:
    subtags = choice.value.lower().split("-")
    if not subtags[0] or len(subtags) > 3:
        return None
    # A weight may be quoted, and the last one counts.
    weights = [php_float(text.strip(' "')) for name, text in choice.parameters if name == "q" and text is not None]
    return _Part(subtags[0], len(subtags) > 1, weights[-1] if weights else 1.0)


def _best_part(parts: list[_Part], language: str) -> _Part | None:
    matching = [part for part in parts if part.base in (language, "*")]
    return max(matching, key=lambda part: _score(part, language), default=None)


def _score(part: _Part, language: str) -> int:
    return 10 * (part.base == language) + (not part.has_region)
