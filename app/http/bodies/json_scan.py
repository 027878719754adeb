"""JSON as it arrives: the text of one member is taken out on its way, and all the rest, which is small, is kept."""

import re
from codecs import BOM_UTF8
from typing import Final

import orjson

from app.errors import BodyTooLarge
from app.http.bodies.diverted import Taker

MAX_DEPTH: Final = 512

_PLAIN: Final = re.compile(rb'[^"{}\[\],:]*+')
_HELD_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_UNITS: Final = re.compile(
    rb"""(?:[^"\\\x80-\xff]++|\\[^u]
    |\\u(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}
    |[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})
    |[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]
    |\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}
    )*+""",
    re.VERBOSE | re.DOTALL,
)
"""Whole characters and escapes, so that a string may be cut behind any of them."""
_LONGEST_UNIT: Final = 12  # a surrogate pair, escaped
_CONTROL: Final = bytes(range(0x20))
_OPENING: Final = b"{["
_CLOSING: Final = b"}]"


class JsonScanner:
    """Fed with pieces of a document, of which `rest` is what remains: there the member that was taken is an empty text.

    Taken is the text of the member that `path` leads to from the outermost object. Where objects like that stand in a
    list, `dropped` takes it, if there is such a one. ValueError for what orjson would refuse, and for NUL in what is
    taken; BodyTooLarge if all the rest is more than `most` bytes.
    """

    def __init__(self, path: tuple[str, ...], taker: Taker, most: int, dropped: Taker | None = None) -> None:
        self._path = path
        self._taker = taker
        self._most = most
        self._dropped = dropped
        self._target: Taker | None = None  # where the text goes of the string that is being read
        self.rest = bytearray()
        self._unread = b""
        self._at_start = True  # where writers of Windows put a byte order mark
        self.is_marked = False  # they have
        self._open = bytearray()  # the brackets that are open
        self._key_start: int | None = None
        self._in_string = False
        self._keys: list[str] = []  # of the objects that are open, as far as the path goes
        self._after_colon = False

    def feed(self, piece: bytes) -> None:
        data = self._unread + piece
        if self._at_start:
            if len(data) < len(BOM_UTF8) and BOM_UTF8.startswith(data):
                self._unread = data
                return
            self.is_marked, self._at_start = data.startswith(BOM_UTF8), False
            data = data.removeprefix(BOM_UTF8)
        position = 0
        while position < len(data):
            went_to = self._step(data, position)
            if went_to is None:
                break
            position = went_to
        self._unread = data[position:]
        if len(self.rest) > self._most:
            raise BodyTooLarge(f"more than {self._most} bytes besides the image")

    def end(self) -> None:
        """Nothing more comes; ValueError within a text."""
        if self._unread or self._target is not None:
            raise ValueError("a text without an end")

    def _step(self, data: bytes, position: int) -> int | None:
        """Reads on from a position; None = nothing more to read before the next piece."""
        if self._target is not None:
            return self._divert(self._target, data, position)
        if self._in_string:
            return self._hold_string(data, position)
        match = _PLAIN.match(data, position)
        end = match.end() if match else position
        self.rest += data[position : end + 1]
        if end < len(data):
            self._structure(data[end : end + 1])
        return end + 1

    def _structure(self, mark: bytes) -> None:
        if mark == b'"':
            self._begin_string()
        elif mark in _OPENING:
            self._open += mark
            self._after_colon = False
            if len(self._open) > MAX_DEPTH:
                raise ValueError("no JSON")
        elif mark in _CLOSING:
            del self._open[-1:]
        else:
            self._after_colon = mark == b":"

    def _begin_string(self) -> None:
        depth = self._depth()
        if depth == len(self._path) and self._after_colon and self._keys == list(self._path):
            self._target = self._taker if self._open[:1] == b"{" else self._dropped
        if self._target is not None:
            self._target.start()
            return
        self._in_string = True
        self._key_start = len(self.rest) - 1 if depth and not self._after_colon else None

    def _depth(self) -> int:
        """How many objects are open, one in the other, as far as the path goes; 0 for anything else."""
        objects = self._open[1:] if self._dropped is not None and self._open[:1] == b"[" else self._open
        depth = len(objects)
        return depth if depth <= len(self._path) and objects == b"{" * depth else 0

    def _hold_string(self, data: bytes, position: int) -> int | None:
        match = _HELD_STRING.match(data, position)
        end = match.end() if match else position
        closed = data[end : end + 1] == b'"'
        self.rest += data[position : end + closed]
        if closed:
            self._end_held_string()
        return end + closed if end + closed > position else None

    def _end_held_string(self) -> None:
        self._in_string = False
        if self._key_start is not None:
            self._keys[self._depth() - 1 :] = [orjson.loads(self.rest[self._key_start :])]

    def _divert(self, target: Taker, data: bytes, position: int) -> int | None:
        quote = data.find(b'"', position)
        text = data[position : quote if quote >= 0 else len(data)]
        if _is_plain(text):
            target.text(text)
            _check_controls(text if target.bad else text[-target.undecided :])
            return self._divert_on(data, position + len(text))
        return self._divert_units(target, data, position)

    def _divert_on(self, data: bytes, end: int) -> int:
        if end == len(data):
            return end
        self._target = None
        self.rest += b'"'
        return end + 1

    def _divert_units(self, target: Taker, data: bytes, position: int) -> int | None:
        match = _UNITS.match(data, position)
        end = match.end() if match else position
        target.text(_unescaped(data[position:end]))
        if data[end : end + 1] == b'"':
            return self._divert_on(data, end)
        if len(data) - end >= _LONGEST_UNIT:
            raise ValueError("no JSON")
        return end if end > position else None


def _is_plain(text: bytes) -> bool:
    """Whether a text says what it looks like, unless control characters are left in it: as base64 nearly always does.
    Each of these looks costs a hundredth of a walk through the units."""
    return text.isascii() and not any(mark in text for mark in (b"\\", b"\t", b"\r", b"\n"))


def _check_controls(text: bytes) -> None:
    """Other control characters are no base64: they are found where decoding fails, or has not been tried yet."""
    if len(text.translate(None, _CONTROL)) < len(text):
        raise ValueError("no JSON")


def _unescaped(text: bytes) -> bytes:
    """The text of a part of a string; what is not ASCII comes as UTF-8."""
    plain = text.replace(b"\\/", b"/") if b"\\\\" not in text else text
    if plain.isascii() and b"\\" not in plain and len(plain.translate(None, _CONTROL)) == len(plain):
        return plain
    if has_nul(text):
        raise ValueError("no JSON")
    return str(orjson.loads(b'"' + text + b'"')).encode()


def has_nul(text: bytes | bytearray) -> bool:
    """Whether a document has an escaped NUL."""
    return b"\\u0000" in text and _NUL.search(text) is not None
