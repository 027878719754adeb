"""JSON bodies: a scanner that takes the text of `file_content` out on its way; orjson reads the small rest."""

import re
from codecs import BOM_UTF8
from typing import Any, Final

import orjson

from app.apis.openmage.body.file_in import MAX_REST, FileText
from app.apis.openmage.errors import DECODING, OpenMageError
from app.apis.php.base64_text import LONGEST_LEFT
from app.apis.php.values import Value
from app.errors import BodyTooLarge

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


class JsonReader:
    """Fed with pieces of a document; `finish` gives its value, in which `file_content` is an empty text.

    Diverted is the text of that key in the outermost object. In a list of objects, which nobody accepts, it is dropped.
    Exactly what orjson refuses is refused, and NUL: OpenMageError; BodyTooLarge if all the rest is not small.
    """

    def __init__(self, file: FileText) -> None:
        self._file = file
        self._dropped = FileText()
        self._target: FileText | None = None  # where the text goes of the string that is being read
        self._rest = bytearray()
        self._unread = b""
        self._at_start = True  # where writers of Windows put a byte order mark
        self._open = bytearray()  # the brackets that are open
        self._key_start: int | None = None
        self._in_string = False
        self._key = ""
        self._after_colon = False

    def feed(self, piece: bytes) -> None:
        data = self._unread + piece
        if self._at_start:
            if len(data) < len(BOM_UTF8) and BOM_UTF8.startswith(data):
                self._unread = data
                return
            data, self._at_start = data.removeprefix(BOM_UTF8), False
        position = 0
        while position < len(data):
            went_to = self._step(data, position)
            if went_to is None:
                break
            position = went_to
        self._unread = data[position:]
        self._dropped.take()
        if len(self._rest) > MAX_REST:
            raise BodyTooLarge(f"more than {MAX_REST} bytes besides the image")

    def finish(self) -> Value:
        if self._unread or self._target is not None or _has_nul(self._rest):
            raise OpenMageError(DECODING)
        value: Value = _loads(self._rest)
        return value

    def _step(self, data: bytes, position: int) -> int | None:
        """Reads on from a position; None = nothing more to read before the next piece."""
        if self._target is not None:
            return self._divert(self._target, data, position)
        if self._in_string:
            return self._hold_string(data, position)
        match = _PLAIN.match(data, position)
        end = match.end() if match else position
        self._rest += data[position : end + 1]
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
                raise OpenMageError(DECODING)
        elif mark in _CLOSING:
            del self._open[-1:]
        else:
            self._after_colon = mark == b":"

    def _begin_string(self) -> None:
        at_key = bytes(self._open) in (b"{", b"[{")
        if at_key and self._after_colon and self._key == "file_content":
            self._target = self._file if self._open == b"{" else self._dropped
            self._target.start()
            return
        self._in_string = True
        self._key_start = len(self._rest) - 1 if at_key and not self._after_colon else None

    def _hold_string(self, data: bytes, position: int) -> int | None:
        match = _HELD_STRING.match(data, position)
        end = match.end() if match else position
        closed = data[end : end + 1] == b'"'
        self._rest += data[position : end + closed]
        if closed:
            self._end_held_string()
        return end + closed if end + closed > position else None

    def _end_held_string(self) -> None:
        self._in_string = False
        if self._key_start is not None:
            self._key = _loads(self._rest[self._key_start :])

    def _divert(self, target: FileText, data: bytes, position: int) -> int | None:
        quote = data.find(b'"', position)
        text = data[position : quote if quote >= 0 else len(data)]
        if _is_plain(text):
            target.text(text)
            _check_controls(text if target.bad else text[-LONGEST_LEFT:])
            return self._divert_on(data, position + len(text))
        return self._divert_units(target, data, position)

    def _divert_on(self, data: bytes, end: int) -> int:
        if end == len(data):
            return end
        self._target = None
        self._rest += b'"'
        return end + 1

    def _divert_units(self, target: FileText, data: bytes, position: int) -> int | None:
        match = _UNITS.match(data, position)
        end = match.end() if match else position
        target.text(_unescaped(data[position:end]))
        if data[end : end + 1] == b'"':
            return self._divert_on(data, end)
        if len(data) - end >= _LONGEST_UNIT:
            raise OpenMageError(DECODING)
        return end if end > position else None


def _is_plain(text: bytes) -> bool:
    """Whether a text says what it looks like, unless control characters are left in it: as base64 nearly always does.
    Each of these looks costs a hundredth of a walk through the units."""
    return text.isascii() and not any(mark in text for mark in (b"\\", b"\t", b"\r", b"\n"))


def _check_controls(text: bytes) -> None:
    """Other control characters are no base64: they are found where decoding fails, or has not been tried yet."""
    if len(text.translate(None, _CONTROL)) < len(text):
        raise OpenMageError(DECODING)


def _unescaped(text: bytes) -> bytes:
    """The text of a part of a string; what is not ASCII comes as UTF-8."""
    plain = text.replace(b"\\/", b"/") if b"\\\\" not in text else text
    if plain.isascii() and b"\\" not in plain and len(plain.translate(None, _CONTROL)) == len(plain):
        return plain
    if _has_nul(text):
        raise OpenMageError(DECODING)
    return str(_loads(b'"' + text + b'"')).encode()


def _has_nul(text: bytes | bytearray) -> bool:
    return b"\\u0000" in text and _NUL.search(text) is not None


def _loads(document: bytes | bytearray) -> Any:
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise OpenMageError(DECODING) from error
