"""PHP's arrays, as far as the names of parameters make them."""

import re
from typing import Final, TypeVar

V = TypeVar("V")

_INDEX: Final = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_LEAST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1


class Table(dict[str, V]):
    """Keys in order of first appearance. Nothing is ever taken out, so the next free number is known at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._last: int | None = None

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        if _INDEX.fullmatch(key):
            number = int(key)
            if (self._last is None or number > self._last) and _LEAST <= number <= _LARGEST:
                self._last = number

    def next_index(self) -> str | None:
        """The key that `$table[] = …` takes; None where there is no number left."""
        if self._last == _LARGEST:
            return None
        return "0" if self._last is None else str(self._last + 1)
