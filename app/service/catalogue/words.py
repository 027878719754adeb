"""The short texts of a catalogue: codes, names, keys, locales."""

import re
from typing import Final

from app.errors import InvalidCommand

LONGEST_WORD: Final = 255
"""Characters, which an index of Postgres takes whatever they are."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def is_word(text: str) -> bool:
    return len(text) <= LONGEST_WORD and not _CONTROL.search(text)


def check_words(**texts: str | None) -> None:
    """InvalidCommand for one, named by what it is for, that is too long or has control characters; None is no text."""
    for what, text in texts.items():
        if text is not None and not is_word(text):
            raise InvalidCommand(
                f"The {what.replace('_', ' ')} has control characters, is not UTF-8, or is longer than "
                f"{LONGEST_WORD} characters."
            )
