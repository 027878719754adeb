"""Rule files: what they say, and how their mistakes are told."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from app.checks.facts import Facts, Original
from app.checks.kinds import NAMES
from app.checks.loading import rule_sets
from app.checks.reading import Unreadable, read_rule_set
from app.checks.rule_set import checked
from app.errors import Misconfigured
from app.settings import Settings
from app.wiring.application import build_app

HEAD: Final = """id = "own"
title = "Our own"
source = "https://shop.example"
date = 2026-01-31
"""
SEPARATED: Final = HEAD.replace("Our", "O\u2028")
RULE: Final = """
[[rules]]
id = "side"
title = "Large enough"
kind = "longest_side"
least = 10
"""


def test_a_rule_file_says_it_all() -> None:
    """Bounds of both kinds, a result, a day; every kind can be named."""
    further = "".join(
        f'[[rules]]\nid = "{kind}"\ntitle = "t"\nkind = "{kind}"\n'
        + {"format": 'formats = ["jpeg"]\n', "extension": "", "alt_text": "", "no_duplicate": "", "by_eye": ""}.get(
            kind, "most = 5\nleast = 1.5\n"
        )
        for kind in NAMES
    )
    rules = read_rule_set(f'{HEAD}{RULE}result = "warn"\nfrom = 2027-01-31 # a comment\n{further}')
    assert (rules.id, rules.title, rules.source, str(rules.date)) == (
        "own",
        "Our own",
        "https://shop.example",
        "2026-01-31",
    )
    first = rules.rules[0]
    assert (first.unmet, str(first.since), first.kind.limit) == ("warn", "2027-01-31", 10)
    assert [rule.kind_name for rule in rules.rules[1:]] == list(NAMES)
    assert {rule.unmet for rule in rules.rules[1:]} == {"fail"}
    assert next(rule.kind.limit for rule in rules.rules if rule.id == "ratio") == [1.5, 5]
    facts = Facts("ready", (4, 9), Original("jpeg", 1, "jpg", 3), None, {"": True}, ())
    assert [check.result for check in checked(rules, facts)][:3] == ["warn", "pass", "fail"]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", ["line 1: id is missing.", "line 1: title is missing.", "line 1: source is missing."]),
        (f"{HEAD}", ["line 1: There have to be rules, each of which begins with [[rules]]."]),
        (f"{HEAD}rules = []", ["line 5: There have to be rules, each of which begins with [[rules]]."]),
        (f"{HEAD}rules = 7", ["line 5: There have to be rules, each of which begins with [[rules]]."]),
        (f"{HEAD}{RULE}x = ", ["line 11: Invalid value."]),
        (f"{HEAD}{RULE}least = 11", ["line 11: Cannot overwrite a value."]),
        (f"{HEAD}{RULE}x = [", ["line 11: Invalid value."]),
        (f"{HEAD.replace('2026-01-31', '2026')}{RULE}", ["line 4: date has to be a day"]),
        (f"{HEAD.replace('2026-01-31', '2026-01-31T10:00:00Z')}{RULE}", ["line 4: date has to be a day"]),
        (f"{HEAD.replace('own', 'Own')}{RULE}", ["line 1: id has to be a word of a-z, 0-9 and _"]),
        (f"{HEAD}color = 'red'{RULE}", ["line 5: color means nothing here."]),
        (
            f"{HEAD}{RULE.replace('longest_side', 'colour')}",
            ["line 9: kind cannot be colour; it has to be one of: shor"],
        ),
        (f"{HEAD}{RULE}result = 0x{'f' * 4000}", ["line 11: result cannot be a number of that many digits; it has"]),
        (f'{HEAD}{RULE}result = "a\\nb"', ["line 11: result cannot be 'a\\nb'; it has to be one of: warn, fail."]),
        (f'{HEAD}{RULE}"a\\nb" = 1', ["line 11: 'a\\nb' means nothing here."]),
        (f"{HEAD}{RULE.replace('least', 'lest')}", ["line 6: least or most has to be given.", "line 10: lest means"]),
        (f"{HEAD}{RULE}most = 9", ["line 11: most is smaller than least."]),
        (f"{HEAD}{RULE.replace('10', 'true')}", ["line 10: least has to be a number from 0 to"]),
        (f"{HEAD}{RULE.replace('10', 'nan')}", ["line 10: least has to be a number from 0 to"]),
        (f"{HEAD}{RULE.replace('10', '1' + '0' * 30)}", ["line 10: least has to be a number from 0 to"]),
        (f"{HEAD}{RULE.replace('10', '-1')}", ["line 10: least has to be a number from 0 to"]),
        (f"{HEAD}{RULE}result = 'pass'", ["line 11: result cannot be pass; it has to be one of: warn, fail."]),
        (f"{HEAD}{RULE}from = '2027-01-31'", ["line 11: from has to be a day such as 2026-01-31, without quotes."]),
        (f"{HEAD}{RULE}{RULE}", ["line 13: There is a rule side above."]),
        (
            f"{HEAD}{RULE}[[rules]]\nid = 'f'\ntitle = '''x\ny'''\nkind = 'format'\nformats = [\n 'png',\n 'tga',\n]",
            ["line 13: title has to be a text of one line", "line 16: formats has to be a list of some of these: avif"],
        ),
        (
            f"{HEAD}{RULE}[[rules]]\nkind = 3\n",
            ["line 11: id is missing.", "line 11: title is missing.", "line 12: kind"],
        ),
        (f"{HEAD}{RULE.replace('10', '9' * 5000)}", ["line 10: A number in it has too many digits."]),
        ("x = " + "[" * 5000, ["line 1: A value in it holds too many others."]),
    ],
)
def test_a_mistake_is_told_by_its_line(text: str, mistakes: list[str]) -> None:
    """Where the value, or the rule, begins; all at once, and nothing of how they were found."""
    with pytest.raises(Unreadable) as raised:
        read_rule_set(text)
    told = str(raised.value).splitlines()
    assert [line.startswith(start) for line, start in zip(told, mistakes, strict=False)] == [True] * len(mistakes), told


def test_lines_are_found_in_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a file of the largest size holds: many lines, or a value of many lines, behind which lines are told as
    those of that value; nor do separators that only look like line ends count."""
    read, loads = [], tomllib.loads

    def counted(text: str) -> Any:
        read.append(len(text))
        return loads(text)

    monkeypatch.setattr("tomllib.loads", counted)
    many = "#\n" * 10_000
    list_of_many = "formats = [\n" + "[],\n" * 3_000 + "]\n"
    for text, line in (
        (f"{HEAD}{many}{RULE}x = 1", 10_011),
        (f"{HEAD}{RULE}{list_of_many}x = 1", 11),
        (f"{SEPARATED}{RULE}x = 1".replace("\n", "\r\n"), 11),
    ):
        with pytest.raises(Unreadable, match=f"(?m)^line {line}: x means nothing here"):
            read_rule_set(text)
    assert sum(read) < 4 * 1024 * 1024


def test_own_sets_stand_beside_those_that_come_along(tmp_path: Path) -> None:
    """One with the id of such a set takes its place; other files of the folder are nobody's business."""
    (tmp_path / "a.toml").write_text(HEAD + RULE)
    (tmp_path / "b.toml").write_text(HEAD.replace("own", "house") + RULE)
    (tmp_path / "README.md").write_text("Not a rule set.")
    sets = rule_sets(str(tmp_path))
    assert list(sets) == ["amazon_main", "google", "house", "own"]
    assert [rule.id for rule in sets["house"].rules] == ["side"]
    assert list(rule_sets("")) == ["amazon_main", "google", "house"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'id = "x"\ntitle = "\xff"\n', "{file}, line 2: This is not UTF-8."),
        (b"id = \n", "{file}, line 1: Invalid value."),
        (b"#" * 70_000, "{file}: a rule set has 64 KiB at most."),
        ((HEAD + RULE).encode(), "{file}: another file of CHECKS_DIR has the id own, too."),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    """With its line, where it is a line's fault."""
    (tmp_path / "a.toml").write_text(HEAD + RULE)
    (tmp_path / "b.toml").write_bytes(data)
    with pytest.raises(Misconfigured) as raised:
        rule_sets(str(tmp_path))
    assert raised.value.reason == told.format(file=tmp_path / "b.toml")


def test_a_mistake_keeps_the_service_from_starting(tmp_path: Path) -> None:
    """It is told before anything is opened."""
    (tmp_path / "own.toml").write_text(HEAD + RULE.replace("longest_side", "colour"))
    settings = Settings(data_dir=tmp_path, checks_dir=str(tmp_path), secret_key="x" * 32)
    with pytest.raises(Misconfigured, match=r"own\.toml, line 9: kind cannot be colour"):
        build_app(settings, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As what it was set as."""
    with pytest.raises(Misconfigured, match=r"^CHECKS_DIR: .*nowhere: No such file or directory\.$"):
        rule_sets(str(tmp_path / "nowhere"))
