"""What is said in a catalogue: codes, names, keys, locales, numbers; and which holds, the given or the stored."""

import re
from typing import Any, Final

from app.errors import InvalidCommand
from app.model import MAX_POSITION

LONGEST_WORD: Final = 255
"""Characters, which an index of Postgres takes whatever they are."""
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_CODE: Final = 32
"""Of the original's store views; its codes of attributes, which image types are, may have 30."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def is_word(text: str) -> bool:
    return len(text) <= LONGEST_WORD and not _CONTROL.search(text)


def check_words(**texts: str | None) -> None:
    """InvalidCommand for one, named by what it is for, that is too long or has control characters; None is no text."""
    for what, text in texts.items():
        if text is not None and not is_word(text):
            raise InvalidCommand(
                f"The {what.replace('_', ' ')} has control characters, is not UTF-8, or is longer than "
                f"{LONGEST_WORD} characters.",
                what.partition("_of_")[0].lower(),
            )


def check_code(code: str, what: str) -> None:
    if not _CODE.fullmatch(code):
        raise InvalidCommand(f"A {what} has small letters, digits and underscores, a letter first: {code!r}.", "code")


def check_new_code(code: str, what: str) -> None:
    """Codes that former versions took may be longer; what has one can still be changed."""
    if len(code) > _LONGEST_CODE:
        raise InvalidCommand(f"A new {what} has {_LONGEST_CODE} characters at most: {code!r}.", "code")


def check_number(number: int | None, what: str) -> None:
    if number is not None and not 0 < number <= MAX_POSITION:
        raise InvalidCommand(f"A {what} is a number from 1 to {MAX_POSITION}.")


def given_or_stored(given: Any, stored: Any, default: Any) -> Any:
    """The option given, else the stored value, else the default."""
    if given is not None:
        return given
    return default if stored is None else stored
