"""Strict base64, as PHP's `base64_decode($text, true)` has it, piece by piece."""

import binascii
from typing import Final

import pybase64

_BLANKS: Final = b" \t\r\n"
LONGEST_LEFT: Final = 3
"""Most characters of a text that may not have been decoded yet."""


class Base64Decoder:
    """Decodes a text that arrives in pieces of any size; cost per piece is linear in the piece.

    Blanks, tabs, CR and LF are skipped; padding may be missing but not wrong. Once `bad`, for ever bad.
    """

    def __init__(self) -> None:
        self.bad = False
        self._left = b""
        self._padding = 0

    def feed(self, text: bytes) -> bytes:
        """The bytes that are complete now; nothing once the text has turned out bad."""
        has_blanks = any(blank in text for blank in (b" ", b"\n", b"\r", b"\t"))
        digits = self._left + (text.translate(None, _BLANKS) if has_blanks else text)
        stripped = digits.rstrip(b"=")
        goes_on = len(stripped) > len(self._left)
        self.bad = self.bad or (self._padding > 0 and goes_on) or b"=" in stripped
        self._padding += len(digits) - len(stripped)
        whole = len(stripped) & ~3
        self._left = stripped[whole:]
        return self._decode(stripped[:whole])

    def finish(self) -> bytes:
        """The last bytes; afterwards `bad` is final."""
        left, padding = len(self._left), self._padding
        self.bad = self.bad or left == 1 or padding > 2 or (padding > 0 and left + padding != 4)
        return self._decode(self._left + b"=" * (-left % 4))

    def _decode(self, digits: bytes) -> bytes:
        if self.bad:
            return b""
        try:
            return pybase64.b64decode(digits, validate=True)
        except binascii.Error:
            self.bad = True
            return b""


class Base64Field:
    """A field's text on its way to where its bytes go: a reader `start`s each value, and the bytes are taken as they
    come."""

    def __init__(self) -> None:
        self.restarted = False
        self._decoder = Base64Decoder()
        self._decoded: list[bytes] = []

    @property
    def bad(self) -> bool:
        """Whether the text cannot be base64 any more."""
        return self._decoder.bad

    def take(self) -> bytes:
        """The bytes decoded since the last call."""
        taken, self._decoded = b"".join(self._decoded), []
        return taken

    def _begin(self) -> None:
        """A value begins, which makes any former one void."""
        self._decoder, self._decoded = Base64Decoder(), []
