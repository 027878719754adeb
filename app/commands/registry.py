"""How a command is put on the command line."""

import argparse
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from app.commands.context import Context

Command: TypeAlias = Callable[[argparse.Namespace, Context], Awaitable[int]]
"""Does its work and gives the exit code."""


class Nouns:
    """The words after `product-images`: a noun with verbs, or a command of one word."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._words = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(self, word: str, run: Command, sentence: str, *, json: bool = True) -> argparse.ArgumentParser:
        """A command of one word; `json` gives it the option of that name."""
        parser = self._words.add_parser(word, help=sentence, description=sentence, allow_abbrev=False)
        parser.set_defaults(run=run, json=False, words=parser.prog.partition(" ")[2])
        if json:
            parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        return parser

    def noun(self, word: str, sentence: str) -> "Nouns":
        return Nouns(self._words.add_parser(word, help=sentence, description=sentence, allow_abbrev=False))


def switch(parser: argparse.ArgumentParser, name: str, on: tuple[str, str], off: tuple[str, str]) -> None:
    """Two flags, each with its sentence, for an option that is True, False or, with neither, not said."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(on[0], dest=name, action="store_const", const=True, help=on[1])
    group.add_argument(off[0], dest=name, action="store_const", const=False, help=off[1])
