"""XML bodies, read as a stream: nothing is held but the small values, and no DTD is ever parsed."""

import re
from typing import Final
from xml.parsers import expat

from app.apis.openmage.body.file_in import MAX_REST, FileText
from app.apis.openmage.errors import DECODING, OpenMageError
from app.apis.php.values import Value
from app.errors import BodyTooLarge

MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 10_000

_ENCODINGS: Final = re.compile(
    r"utf-?8|utf-16|us-ascii|ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]|koi8-[ru]", re.IGNORECASE
)
_TEXT_BLOCK: Final = 64 * 1024


class _Element:
    """An element that is open: its text until a child comes, then its children."""

    __slots__ = ("children", "diverted", "items", "name", "text")

    def __init__(self, name: str, diverted: FileText | None) -> None:
        self.name = name
        self.diverted = diverted
        self.text: list[str] = []
        self.children: dict[str, Value] = {}
        self.items = 0

    def value(self) -> Value:
        return self.children or "".join(self.text)

    def add(self, child: "_Element") -> None:
        """Children named `data_item` count up; any other name that comes again makes a list."""
        name, value = child.name, child.value()
        if name == "data_item":
            name, self.items = str(self.items), self.items + 1
        former = self.children.get(name)
        if former is None or child.diverted:
            self.children[name] = value
        elif isinstance(former, list):
            former.append(value)
        else:
            self.children[name] = [former, value]


class XmlReader:
    """Fed with pieces of a document; `finish` gives the root's value, in which `file_content` is an empty text.

    Malformed, with a DOCTYPE, too deep or with too many elements: OpenMageError. BodyTooLarge if all but the image is
    not small.
    """

    def __init__(self, file: FileText) -> None:
        self._file = file
        self._open: list[_Element] = []
        self._root: Value = None
        self._elements = 0
        self._held = 0
        self._fed = 0
        self._parser = self._make_parser()

    def _make_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = _TEXT_BLOCK
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        return parser

    def feed(self, piece: bytes) -> None:
        self._fed += len(piece)
        self._parse(piece, final=False)
        if self._fed - self._parser.CurrentByteIndex > MAX_REST + len(piece):
            raise BodyTooLarge(f"a token of more than {MAX_REST} bytes")

    def finish(self) -> Value:
        self._parse(b"", final=True)
        return self._root

    def _parse(self, piece: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(piece, final)
        except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two for odd encodings
            raise OpenMageError(DECODING) from error

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and not _ENCODINGS.fullmatch(encoding):
            raise OpenMageError(DECODING)

    def _doctype(self, *_: object) -> None:
        raise OpenMageError(DECODING)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise OpenMageError(DECODING)
        self._open.append(_Element(name, self._diversion(name)))

    def _diversion(self, name: str) -> FileText | None:
        """Where the text of a new element goes: of `file_content` below the root to the file, below a
        `data_item`, which nobody accepts, nowhere."""
        if name != "file_content":
            return None
        if len(self._open) == 1:
            self._file.start()
            return self._file
        return FileText() if [element.name for element in self._open[1:]] == ["data_item"] else None

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if element.diverted:
            element.diverted.text(text.encode())
            if element.diverted is not self._file:
                element.diverted.take()
        elif not element.children:
            element.text.append(text)
            self._hold(len(text))

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if self._open:
            self._hold(len(element.name))
            self._open[-1].add(element)
        else:
            self._root = element.value()

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > MAX_REST:
            raise BodyTooLarge(f"more than {MAX_REST} characters besides the image")
