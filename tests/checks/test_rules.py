"""What the sets that come along say of pictures on both sides of each limit."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from app.checks.facts import Facts, Original
from app.checks.loading import rule_sets
from app.checks.rule_set import checked
from app.model import Format, PixelFacts

SETS: Final = rule_sets("")
ORIGINAL: Final = Original("jpeg", 1, "jpg", 300_000)
PIXELS: Final = PixelFacts(1.0, "#ffffff", 0.9, 500.0)
GOOD: Final = Facts("ready", (2000, 2000), ORIGINAL, PIXELS, {"de_DE": True, "en_US": True}, ())


def of_sides(*sides: int) -> Facts:
    return replace(GOOD, sides=sides)


def of_file(fmt: Format = "jpeg", extension: str = "jpg", frames: int = 1, size: int | None = 300_000) -> Facts:
    return replace(GOOD, original=Original(fmt, frames, extension, size))


def of_pixels(white: float = 1.0, fill: float | None = 0.9, blur: float | None = 500.0) -> Facts:
    return replace(GOOD, pixels=PixelFacts(white, "#ffffff" if fill else None, fill, blur))


CASES: Final[list[tuple[str, str, Facts, str, Any]]] = [
    ("google", "size", of_sides(500, 500), "pass", 500),
    ("google", "size", of_sides(500, 499), "fail", 499),
    ("google", "size", of_sides(499, 9000), "fail", 499),
    ("google", "size_advised", of_sides(1500, 1500), "pass", 1500),
    ("google", "size_advised", of_sides(1499, 1500), "warn", 1499),
    ("google", "megapixels", of_sides(8000, 8000), "pass", 64_000_000),
    ("google", "megapixels", of_sides(8001, 8000), "fail", 64_008_000),
    ("google", "megapixels", of_sides(64_000_001, 1), "fail", 64_000_001),
    ("google", "bytes", of_file(size=16_000_000), "pass", 16_000_000),
    ("google", "bytes", of_file(size=16_000_001), "fail", 16_000_001),
    ("google", "bytes", of_file(size=None), "not_checked", None),
    ("google", "format", of_file("png", "png"), "pass", "png"),
    ("google", "format", of_file("webp", "webp", 3), "pass", "animated webp"),
    ("google", "format", of_file("gif", "gif"), "pass", "gif"),
    ("google", "format", of_file("gif", "gif", 2), "fail", "animated gif"),
    ("google", "format", of_file("avif", "avif"), "fail", "avif"),
    ("google", "extension", of_file("jpeg", "jpeg"), "pass", "jpeg"),
    ("google", "extension", of_file("jpeg", "png"), "fail", "png"),
    ("google", "extension", of_file("jpeg", ""), "fail", ""),
    ("google", "extension", replace(GOOD, original=None), "not_checked", None),
    ("google", "overlays", GOOD, "not_checked", None),
    ("amazon_main", "size", of_sides(1000, 1), "pass", 1000),
    ("amazon_main", "size", of_sides(999, 999), "fail", 999),
    ("amazon_main", "format", GOOD, "pass", "jpeg"),
    ("amazon_main", "format", of_file("png", "png"), "warn", "png"),
    ("amazon_main", "white_border", of_pixels(0.99), "pass", 0.99),
    ("amazon_main", "white_border", of_pixels(0.9899), "fail", 0.9899),
    ("amazon_main", "white_border", replace(GOOD, pixels=None), "not_checked", None),
    ("amazon_main", "fill", of_pixels(1.0, None), "not_checked", None),
    ("amazon_main", "fill", of_pixels(1.0, 0.85), "pass", 0.85),
    ("amazon_main", "fill", of_pixels(1.0, 0.8499), "fail", 0.8499),
    ("house", "size", of_sides(800, 801), "pass", 800),
    ("house", "size", of_sides(799, 801), "fail", 799),
    ("house", "ratio", of_sides(2000, 1000), "pass", 2.0),
    ("house", "ratio", of_sides(2001, 1000), "warn", 2.001),
    ("house", "ratio", of_sides(1000, 2000), "pass", 0.5),
    ("house", "ratio", of_sides(1000, 2001), "warn", 0.49975),
    ("house", "alt_text", GOOD, "pass", []),
    ("house", "alt_text", replace(GOOD, texts={"de_DE": True, "fr_FR": False}), "fail", ["fr_FR"]),
    ("house", "alt_text", replace(GOOD, texts={}), "not_checked", None),
    ("house", "duplicate", GOOD, "pass", []),
    ("house", "duplicate", replace(GOOD, duplicates=(7, 9)), "fail", [7, 9]),
    ("house", "sharpness", of_pixels(1.0, 1.0, 100.0), "pass", 100.0),
    ("house", "sharpness", of_pixels(1.0, 1.0, 99.99), "warn", 99.99),
]


@pytest.mark.parametrize(("of", "rule", "facts", "result", "measured"), CASES)
def test_a_limit_has_two_sides(of: str, rule: str, facts: Facts, result: str, measured: Any) -> None:
    """What is just within it passes, what is just beyond it does not, and what nobody knows is not checked."""
    [check] = [check for check in checked(SETS[of], facts) if check.rule.id == rule]
    assert (check.result, check.measured) == (result, measured)


def test_every_rule_is_tried_on_both_sides() -> None:
    """Of each rule that comes along there is a picture that passes and one that does not, but where nobody can tell."""
    tried = {(of, rule): {result for o, r, _, result, _ in CASES if (o, r) == (of, rule)} for of, rule, *_ in CASES}
    expected = {(of, rule.id): rule.unmet for of, rules in SETS.items() for rule in rules.rules}
    assert set(tried) == set(expected)
    assert [rule for rule, unmet in expected.items() if not tried[rule] >= {"pass", unmet}] == [("google", "overlays")]


@pytest.mark.parametrize("state", ["processing", "failed", "external"])
@pytest.mark.parametrize("of", SETS)
def test_what_is_not_finished_is_not_checked(of: str, state: Any) -> None:
    """Whatever else is known, nothing is said of it; limits are."""
    checks = list(checked(SETS[of], replace(GOOD, state=state)))
    assert {(check.result, check.measured) for check in checks} == {("not_checked", None)}
    assert [check.limit for check in checks] == [rule.kind.limit for rule in SETS[of].rules]


def test_a_good_picture_passes_everywhere() -> None:
    """Of all that can be judged."""
    results = [(of, check.rule.id, check.result) for of, rules in SETS.items() for check in checked(rules, GOOD)]
    assert [found for found in results if found[2] != "pass"] == [("google", "overlays", "not_checked")]


def test_no_verdict_depends_on_the_clock() -> None:
    """Google's minimum counts already; from when on is told beside it."""
    assert [(of, rule.id, str(rule.since)) for of, rule in _dated()] == [("google", "size", "2027-01-31")]


def _dated() -> Iterator[tuple[str, Any]]:
    return ((of, rule) for of, rules in SETS.items() for rule in rules.rules if rule.since)
