"""Long lists as commands write them, line by line, however long they are: as text, as one JSON object, or as CSV."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from app.commands.context import say
from app.errors import InvalidCommand
from app.service.transfer.spreadsheet import lines_of

Row = tuple[Mapping[str, Any], Sequence[str], str]
"""An item as a document, as cells, and as a line for people."""


class Sheet(Protocol):
    def add(self, rows: Sequence[Row]) -> None: ...

    def end(self, document: Mapping[str, Any], text: str) -> None:
        """What is said at the end, as further members of the object, or as text; a table has no place for it."""


class _Text:
    def add(self, rows: Sequence[Row]) -> None:
        sys.stdout.write("".join(f"{line}\n" for _, _, line in rows))

    def end(self, _: Mapping[str, Any], text: str) -> None:
        say(text)


class _Csv:
    def __init__(self, columns: Sequence[str]) -> None:
        sys.stdout.write(lines_of([columns]))

    def add(self, rows: Sequence[Row]) -> None:
        sys.stdout.write(lines_of(cells for _, cells, _ in rows))

    def end(self, _: Mapping[str, Any], __: str) -> None:
        sys.stdout.flush()


class _Json:
    def __init__(self, noun: str) -> None:
        self._before = f'{{"{noun}":['

    def add(self, rows: Sequence[Row]) -> None:
        for document, _, _ in rows:
            sys.stdout.write(self._before + orjson.dumps(document).decode())
            self._before = ","

    def end(self, document: Mapping[str, Any], _: str) -> None:
        begun = "" if self._before == "," else self._before
        say(f"{begun}],{orjson.dumps(document).decode()[1:]}")


def sheet_of(args: argparse.Namespace, noun: str, columns: Sequence[str]) -> Sheet:
    """What `--json` and `--csv` ask for. InvalidCommand for both."""
    if args.json and args.csv:
        raise InvalidCommand("Say --json or --csv, not both.")
    if args.csv:
        return _Csv(columns)
    return _Json(noun) if args.json else _Text()
