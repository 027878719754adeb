"""Places in the feed: a row of the log, and one of the events that come of it."""

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([1-9][0-9]{0,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind the event number `part` of the row `id`; part None: behind all of that row's."""

    id: int
    part: int | None = None

    def __str__(self) -> str:
        return str(self.id) if self.part is None else f"{self.id}.{self.part}"

    @property
    def row(self) -> int:
        """The row behind which one has to read to find all that comes behind this place."""
        return self.id if self.part is None else self.id - 1

    def is_before(self, other: "Cursor") -> bool:
        """Whether the event at the other place comes behind this one."""
        if self.id != other.id:
            return self.id < other.id
        return self.part is not None and (other.part is None or self.part < other.part)


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `str` made; None for what is none."""
    found = _FORM.fullmatch(text)
    return found and Cursor(int(found[1]), None if found[2] is None else int(found[2]))
