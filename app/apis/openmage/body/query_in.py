"""Bodies of type text/plain: a URL-encoded query string in PHP's style."""

import re
from typing import Final

from app import percent
from app.apis.openmage.body.file_in import MAX_REST, FileText
from app.apis.openmage.errors import BAD_QUERY_BODY, DECODING, OpenMageError
from app.apis.php.query import MOST_VARIABLES, Name, Parameters, assign, parse_name
from app.apis.php.values import Value
from app.errors import BodyTooLarge

_ALLOWED: Final = re.compile(rb"(?:[A-Za-z0-9\-_.!~*'()\[\];/?:@&=+$,]++|%[0-9A-Fa-f]{2})*+")


class QueryReader:
    """Fed with pieces of a query string; `finish` gives its values, in which `file_content` is an empty text.

    OpenMageError for what is no query string, not UTF-8 or has a NUL; BodyTooLarge if all but the image is not small.
    """

    def __init__(self, file: FileText) -> None:
        self._file = file
        self._values: Parameters = {}
        self._unread = b""
        self._pair = b""
        self._diverts = False
        self._held = 0
        self._pairs = 0

    def feed(self, piece: bytes) -> None:
        data = self._unread + piece
        match = _ALLOWED.match(data)
        end = match.end() if match else 0
        self._unread = data[end:]
        if len(self._unread) > 2 or self._unread[:1] not in (b"", b"%"):
            raise OpenMageError(BAD_QUERY_BODY)
        first, *others = data[:end].split(b"&")
        self._add(first)
        for other in others:
            self._end_pair()
            self._add(other)

    def finish(self) -> Value:
        if self._unread:
            raise OpenMageError(BAD_QUERY_BODY)
        self._end_pair()
        return self._values

    def _add(self, part: bytes) -> None:
        if self._diverts:
            self._file.text(_decoded(part))
            return
        self._pair += part
        name, separator, value = self._pair.partition(b"=")
        if separator and parse_name(_text(name)) == Name("file_content"):
            self._diverts, self._pair, part = True, name + separator, b""
            self._file.start()
            self._file.text(_decoded(value))
        self._held += len(part) + 1
        if self._held > MAX_REST:
            raise BodyTooLarge(f"more than {MAX_REST} bytes besides the image")

    def _end_pair(self) -> None:
        name, _, value = self._pair.partition(b"=")
        text = _text(_decoded(value))
        self._pairs += bool(self._pair)
        if self._pairs <= MOST_VARIABLES:
            assign(self._values, parse_name(_text(name)), text)
        self._pair, self._diverts = b"", False


def _decoded(part: bytes) -> bytes:
    return percent.decoded_bytes(part.replace(b"+", b" "))


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise OpenMageError(DECODING) from error
    if "\x00" in text:
        raise OpenMageError(DECODING)
    return text
