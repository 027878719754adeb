"""The text of `/file/base64`, also as a data URI, on its way to where uploads wait."""

import re
from typing import Final

from app.apis.php.base64_text import LONGEST_LEFT, Base64Field

_DATA_URI: Final = re.compile(rb"data:[^,]*;base64,", re.IGNORECASE)
_SCHEME: Final = b"data:"
_LONGEST_HEAD: Final = 1024  # characters before the base64


class Base64Text(Base64Field):
    """`given` once the text began; `bad` where it is no base64, which is final after `finish`."""

    undecided = _LONGEST_HEAD + LONGEST_LEFT

    def __init__(self) -> None:
        super().__init__()
        self.given = False
        self._head: bytes | None = b""

    def start(self) -> None:
        self.given = self.restarted = True
        self._head = b""
        self._begin()

    def text(self, piece: bytes) -> None:
        if self._head is None:
            self._decoded.append(self._decoder.feed(piece))
            return
        self._head += piece
        if _may_be_a_scheme(self._head) and len(self._head) < _LONGEST_HEAD:
            return
        self._leave_head()

    def finish(self) -> None:
        self._leave_head()
        self._decoded.append(self._decoder.finish())

    def _leave_head(self) -> None:
        head, self._head = self._head, None
        if head:
            found = _DATA_URI.match(head)
            self._decoded.append(self._decoder.feed(head[found.end() :] if found else head))


def _may_be_a_scheme(head: bytes) -> bool:
    """Whether a data URI may begin so whose base64 has not begun."""
    return _SCHEME.startswith(head[: len(_SCHEME)].lower()) and b"," not in head
