"""What an option's value may not be is said in words."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from app.__main__ import parser

_OF_PYTHON: Final = (None, int, Path)
_NONSENSE: Final = "§"


def _options(node: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in node._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options(below)
        elif action.type not in _OF_PYTHON:
            yield node.prog, action


def test_no_name_of_a_function_is_shown() -> None:
    """Of whatever reads a value, argparse shows the sentence, and only for want of one its name."""
    found = list(_options(parser()))
    assert len(found) >= 4
    for prog, action in found:
        assert callable(action.type)
        with pytest.raises(argparse.ArgumentTypeError, match=r"^'§' is no"):
            action.type(_NONSENSE)
            pytest.fail(f"{prog} {action.dest} takes anything")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["history", "list", "--since", "yesterday"], "'yesterday' is no time such as 2026-01-31T12:00"),
        (["history", "list", "--since", "0001-01-01T00:00+14:00"], "is no time such as"),
        (["history", "list", "--limit", "0"], "'0' is no number from 1 to 1000"),
        (["history", "list", "--limit", "1001"], "'1001' is no number from 1 to 1000"),
        (["history", "list", "--limit", "-1"], "'-1' is no number from 1 to 1000"),
        (["report", "missing", "--what", "label:"], "'label:' is none of image, label:STORE and type:TYPE"),
        (["blobs", "sweep", "--older-than", "7w"], "'7w' is no span of time such as 90s, 12h or 7d"),
        (["history", "list", "--sku", "a", "--image", "1"], "not allowed with argument"),
        (["history", "undo"], "one of the arguments --batch --change is required"),
    ],
)
def test_a_wrong_value_is_wrong_usage(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, and the last line says what would be right."""
    with pytest.raises(SystemExit) as ended:
        parser(words).parse_args(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
