"""What a rule can be about. A kind measures facts, and says whether what it measured is within its limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from app.checks.facts import Facts
from app.model import FORMAT_OF_EXTENSION, PixelFacts

Number = int | float


class Verdict(NamedTuple):
    """`holds` None: nothing is known that could be judged."""

    holds: bool | None
    measured: Any = None


class Kind(Protocol):
    @property
    def limit(self) -> Any:
        """In the unit of what is measured; None where there is no such thing."""

    def judge(self, facts: Facts) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number that is `least` or more and `most` or less; None: no bound."""

    measure: Callable[[Facts], Number | None]
    least: Number | None
    most: Number | None

    @property
    def limit(self) -> Any:
        if self.least is not None and self.most is not None:
            return [self.least, self.most]
        return self.most if self.least is None else self.least

    def judge(self, facts: Facts) -> Verdict:
        measured = self.measure(facts)
        if measured is None:
            return Verdict(None)
        holds = (self.least is None or measured >= self.least) and (self.most is None or measured <= self.most)
        return Verdict(holds, _shown(measured))


@dataclass(frozen=True, slots=True)
class FormatIsOneOf:
    """The public original's; those in `still` may not be animated."""

    formats: tuple[str, ...]
    still: tuple[str, ...] = ()

    @property
    def limit(self) -> Any:
        return list(self.formats)

    def judge(self, facts: Facts) -> Verdict:
        if facts.original is None:
            return Verdict(None)
        fmt, is_animated = facts.original.format, facts.original.frames > 1
        holds = fmt in self.formats and not (is_animated and fmt in self.still)
        return Verdict(holds, f"animated {fmt}" if is_animated else fmt)


@dataclass(frozen=True, slots=True)
class ExtensionFits:
    """The public original's says what its bytes are."""

    limit: Any = None

    def judge(self, facts: Facts) -> Verdict:
        if facts.original is None:
            return Verdict(None)
        extension = facts.original.extension
        return Verdict(FORMAT_OF_EXTENSION.get(extension) == facts.original.format, extension)


@dataclass(frozen=True, slots=True)
class EveryLanguageHasText:
    """Measured are those without one."""

    limit: Any = None

    def judge(self, facts: Facts) -> Verdict:
        if not facts.texts:  # it is shown nowhere
            return Verdict(None)
        lacking = [language for language, has_text in facts.texts.items() if not has_text]
        return Verdict(not lacking, lacking)


@dataclass(frozen=True, slots=True)
class NoDuplicate:
    """Measured are the others."""

    limit: Any = None

    def judge(self, facts: Facts) -> Verdict:
        if facts.duplicates is None:
            return Verdict(None)
        return Verdict(not facts.duplicates, list(facts.duplicates))


@dataclass(frozen=True, slots=True)
class ByEye:
    """What nobody here can judge, so that a report does not seem to."""

    limit: Any = None

    def judge(self, _: Facts) -> Verdict:
        return Verdict(None)


def _sides(of: Callable[[tuple[int, int]], Number]) -> Callable[[Facts], Number | None]:
    return lambda facts: None if facts.sides is None else of(facts.sides)


def _pixels(of: Callable[[PixelFacts], Number | None]) -> Callable[[Facts], Number | None]:
    return lambda facts: None if facts.pixels is None else of(facts.pixels)


MEASURES: Final[Mapping[str, Callable[[Facts], Number | None]]] = {
    "shortest_side": _sides(min),
    "longest_side": _sides(max),
    "pixels": _sides(lambda sides: sides[0] * sides[1]),
    "ratio": _sides(lambda sides: sides[0] / sides[1]),
    "bytes": lambda facts: None if facts.original is None else facts.original.size,
    "white_border": _pixels(lambda pixels: pixels.border_white),
    "fill": _pixels(lambda pixels: pixels.fill),
    "sharpness": _pixels(lambda pixels: pixels.blur),
}
"""Kinds that are bounded: `ratio` is width to height, `sharpness` what `PixelFacts` call blur."""

PLAIN: Final[Mapping[str, Kind]] = {
    "extension": ExtensionFits(),
    "alt_text": EveryLanguageHasText(),
    "no_duplicate": NoDuplicate(),
    "by_eye": ByEye(),
}
"""Kinds that nothing more is said of."""

FORMAT: Final = "format"
NAMES: Final = (*MEASURES, FORMAT, *PLAIN)


def _shown(measured: Number) -> Number:
    """Without digits that nobody reads."""
    return measured if isinstance(measured, int) else float(f"{measured:.6g}")
