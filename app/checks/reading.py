"""A rule set, read from a file's text. All mistakes are told at once, each by its line."""

import re
import tomllib
from bisect import bisect_left
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final

from app.checks.kinds import FORMAT, MEASURES, NAMES, PLAIN, Bounds, FormatIsOneOf, Kind
from app.checks.members import Mistake, Place, Table, day, formats, name, number, one_of, text
from app.checks.rule_set import Rule, RuleSet

_MOST_REPORTED: Final = 20
_MOST_TRIED: Final = 1024 * 1024
"""Characters that are read to find lines: statements of one line take as many as there are."""
_DIGITS: Final = re.compile(r"[0-9_]+", re.ASCII)
_AT: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Unreadable(Exception):
    """It is no rule set; its text has a line for each mistake, which begins with its number: `line 3: …`."""


def read_rule_set(source: str) -> RuleSet:
    """Unreadable."""
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(_of_syntax(str(error), source)) from None
    except ValueError:  # of Python's own, of which it is not said where
        raise Unreadable(f"line {_line_of_digits(source)}: A number in it has too many digits.") from None
    except RecursionError:
        raise Unreadable("line 1: A value in it holds too many others.") from None
    mistakes: list[Mistake] = []
    rules = _rule_set(Table(values, (), mistakes))
    if mistakes:
        raise Unreadable("\n".join(_reported(mistakes, source)))
    return rules


def _rule_set(table: Table) -> RuleSet:
    """Of use where nothing was wrong."""
    head = {member: table.need(member, read) for member, read in (("id", name), ("title", text), ("source", text))}
    dated = table.need("date", day)
    rules = [_rule(Table(values, ("rules", place), table.mistakes)) for place, values in enumerate(_rules(table))]
    table.leave()
    for place, rule in enumerate(rules):
        if rule.id in [other.id for other in rules[:place]] and rule.id is not None:
            table.wrong(f"There is a rule {rule.id} above.", "rules", place, "id")
    return RuleSet(**head, date=dated, rules=tuple(rules))


def _rules(table: Table) -> list[dict[str, Any]]:
    given = table.may("rules", lambda value: value)
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        table.wrong(
            "There have to be rules, each of which begins with [[rules]].",
            *(["rules"] if "rules" in table.values else []),
        )
        return []
    return given


def _rule(table: Table) -> Rule:
    kind_name = table.need("kind", one_of(NAMES))
    rule = Rule(
        table.need("id", name),
        table.need("title", text),
        kind_name,
        PLAIN["by_eye"] if kind_name is None else _kind(kind_name, table),
        table.may("result", one_of(("warn", "fail")), "fail"),
        table.may("from", day),
    )
    if kind_name is not None:  # what else it may say hangs on that
        table.leave()
    return rule


def _kind(kind: str, table: Table) -> Kind:
    if kind in PLAIN:
        return PLAIN[kind]
    if kind == FORMAT:
        return FormatIsOneOf(table.need("formats", formats) or (), table.may("still", formats, ()))
    assert kind in MEASURES
    least, most = table.may("least", number), table.may("most", number)
    if "least" not in table.values and "most" not in table.values:
        table.wrong("least or most has to be given.")
    if least is not None and most is not None and least > most:
        table.wrong("most is smaller than least.", "most")
    return Bounds(MEASURES[kind], least, most)


def _line_of_digits(source: str) -> int:
    longest = max(_DIGITS.finditer(source), key=lambda found: len(found[0]), default=None)
    return source.count("\n", 0, longest.start()) + 1 if longest else 1


def _of_syntax(message: str, source: str) -> str:
    found = _AT.search(message)
    line = int(found[1]) if found and found[1] else max(1, len(source.splitlines()))
    return f"line {line}: {_AT.sub('', message)}."


def _reported(mistakes: list[Mistake], source: str) -> list[str]:
    lines = source.replace("\r\n", "\n").split("\n")
    ends = _ends(lines)
    found = [(_line(mistake.place, lines, ends), mistake.detail) for mistake in mistakes[:_MOST_REPORTED]]
    return [f"line {line}: {detail}" for line, detail in sorted(found, key=itemgetter(0))]


def _ends(lines: list[str]) -> list[int]:
    """Behind which lines, counted from 1, a statement ends. The reader tells no places, so each is read alone, with as
    many lines as it takes; what is behind the most that is tried counts as one."""
    ends, tried = [0], 0
    for end in range(1, len(lines) + 1):
        text = "\n".join(lines[ends[-1] : end])
        tried += len(text) + 1
        if tried > _MOST_TRIED:
            break
        with suppress(tomllib.TOMLDecodeError):
            tomllib.loads(text)
            ends.append(end)
    return ends[1:]


def _line(place: Place, lines: list[str], ends: list[int]) -> int:
    """Where the statement begins with which a file has a value."""
    before = bisect_left(ends, True, key=lambda end: _has(tomllib.loads("\n".join(lines[:end])), place))
    return ends[before - 1] + 1 if before else 1


def _has(value: Any, place: Place) -> bool:
    for step in place:
        if not (step in value if isinstance(value, dict) else isinstance(step, int) and step < len(value)):
            return False
        value = value[step]
    return True
