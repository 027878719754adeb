"""The field `file_content`: base64 on its way from a body's reader to the place where uploads wait."""

from typing import Final, Literal

from app.apis.php.base64_text import LONGEST_LEFT, Base64Field

MAX_REST: Final = 64 * 1024
"""Most bytes of a body besides the image, which is all that is held of it."""

FileState = Literal["absent", "empty", "not base64", "decoded"]


class FileText(Base64Field):
    """Takes the field's text from a reader, piece by piece, and decodes it."""

    undecided = LONGEST_LEFT

    def __init__(self) -> None:
        super().__init__()
        self._first_text = b""
        self._first_bytes = b""

    def start(self) -> None:
        """A value begins, which makes any former one void."""
        self.restarted = True
        self._begin()
        self._first_text = b""
        self._first_bytes = b""

    def text(self, piece: bytes) -> None:
        self._first_text = (self._first_text + piece[:2])[:2]
        self._take(self._decoder.feed(piece))

    def finish(self) -> FileState:
        """What the last value was; afterwards `take` gives its last bytes."""
        self._take(self._decoder.finish())
        if self._first_text in (b"", b"0"):
            return "empty"
        if self._decoder.bad or self._first_bytes in (b"", b"0"):
            return "not base64"
        return "decoded"

    def _take(self, decoded: bytes) -> None:
        if decoded:
            self._first_bytes = (self._first_bytes + decoded[:2])[:2]
            self._decoded.append(decoded)
