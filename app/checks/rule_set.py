"""What a channel asks for, and whether an image is that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from app.checks.facts import Facts
from app.checks.kinds import Kind, Verdict

Result = Literal["pass", "warn", "fail", "not_checked"]
RESULTS: Final[tuple[Result, ...]] = ("pass", "warn", "fail", "not_checked")


@dataclass(frozen=True, slots=True)
class Rule:
    """`unmet` is the result where it does not hold. `since`: the day from which the channel refuses what fails, where
    that is yet to come; a word for people, which no verdict depends on."""

    id: str
    title: str
    kind_name: str
    kind: Kind
    unmet: Literal["warn", "fail"]
    since: date | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """`date` on which the `source` was read."""

    id: str
    title: str
    source: str
    date: date
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What a rule says of an image; `measured` and `limit` in the same unit, None where there is no such thing."""

    rule: Rule
    result: Result
    measured: Any

    @property
    def limit(self) -> Any:
        return self.rule.kind.limit


def checked(rules: RuleSet, facts: Facts) -> Iterator[Check]:
    """A check for each rule, in their order. What is not finished, or lies elsewhere, is not checked."""
    is_judged = facts.state == "ready"
    for rule in rules.rules:
        verdict = rule.kind.judge(facts) if is_judged else Verdict(None)
        yield Check(rule, _result(rule, verdict), verdict.measured)


def _result(rule: Rule, verdict: Verdict) -> Result:
    if verdict.holds is None:
        return "not_checked"
    return "pass" if verdict.holds else rule.unmet
