"""JSON bodies: the text of `file_content` is taken out on its way; orjson reads the small rest."""

import orjson

from app.apis.openmage.body.file_in import MAX_REST, FileText
from app.apis.openmage.errors import DECODING, OpenMageError
from app.apis.php.values import Value
from app.http.bodies.json_scan import JsonScanner, has_nul


class JsonReader:
    """Fed with pieces of a document; `finish` gives its value, in which `file_content` is an empty text.

    Diverted is the text of that key in the outermost object. In a list of objects, which nobody accepts, it is dropped.
    Exactly what orjson refuses is refused, and NUL: OpenMageError; BodyTooLarge if all the rest is not small.
    """

    def __init__(self, file: FileText) -> None:
        self._dropped = FileText()
        self._scanner = JsonScanner(("file_content",), file, MAX_REST, self._dropped)

    def feed(self, piece: bytes) -> None:
        try:
            self._scanner.feed(piece)
        except ValueError as error:
            raise OpenMageError(DECODING) from error
        self._dropped.take()

    def finish(self) -> Value:
        try:
            self._scanner.end()
            value: Value = orjson.loads(self._scanner.rest)
        except ValueError as error:
            raise OpenMageError(DECODING) from error
        if has_nul(self._scanner.rest):
            raise OpenMageError(DECODING)
        return value
