"""Reads the marks out of a foreign XMP packet, in each of the ways that RDF lets one write them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from app.raster.marks import texts
from app.raster.marks.model import UNMARKED, Marks

_LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a packet that is read at all."""
_DEEPEST: Final = 64
_PADDING: Final = b"\0 \t\r\n"
_OF_BYTES: Final = (b"<?", b"<x", b"<r", b"\xef\xbb\xbf")
"""How packets begin whose padding is bytes and no half of a wider character."""
_GAP: Final = " "
"""Between a namespace and a name, as expat is told to write them."""

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_DC: Final = "http://purl.org/dc/elements/1.1/ "
_EXT: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ "
_PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/ "
_CREDIT: Final = "http://ns.adobe.com/photoshop/1.0/ Credit"
_STATEMENT: Final = "http://ns.adobe.com/xap/1.0/rights/ WebStatement"
_LANGUAGE: Final = "http://www.w3.org/XML/1998/namespace lang"
_SKIPPED: Final = frozenset(_RDF + name for name in ("RDF", "Description", "Bag", "Seq", "Alt", "li"))
"""Elements that hold a value together and name none."""


class _Refused(Exception):
    """The packet is not read further."""


@dataclass(slots=True)
class _Element:
    name: str
    language: str = ""
    text: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Value:
    """A text with the names that lead to it, outermost first, and its language where it has one."""

    names: tuple[str, ...]
    text: str
    language: str


def marks_of(packet: bytes) -> Marks:
    """The marks of a packet; none where it is no XML, or not to be trusted as such."""
    if not packet or len(packet) > _LONGEST:
        return UNMARKED
    found = _Values()
    try:
        found.parse(packet)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        return UNMARKED
    return Marks(
        source_type=found.first(texts.source_type, _EXT + "DigitalSourceType"),
        rights=texts.text(found.in_default_language(_DC + "rights")),
        creator=tuple(dict.fromkeys(filter(None, map(texts.text, found.all(_DC + "creator")))))[:8],
        web_statement=found.first(texts.address, _STATEMENT),
        licensor_url=found.first(texts.address, _PLUS + "Licensor", _PLUS + "LicensorURL"),
        credit=found.first(texts.text, _CREDIT),
        ai_system=found.first(texts.text, _EXT + "AISystemUsed"),
        ai_system_version=found.first(texts.text, _EXT + "AISystemVersionUsed"),
        ai_prompt_writer=found.first(texts.text, _EXT + "AIPromptWriterName"),
        ai_prompt=found.first(texts.text, _EXT + "AIPromptInformation"),
    )


class _Values:
    """Every text of a packet. Entities are refused: XMP has no use for them, bombs have."""

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._values: list[_Value] = []

    def parse(self, packet: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=_GAP)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(packet.rstrip(_PADDING) if packet.startswith(_OF_BYTES) else packet, True)

    def all(self, *names: str) -> Iterator[str]:
        return (value.text for value in self._values if value.names == names)

    def first(self, clean: Callable[[str], str], *names: str) -> str:
        """The first of these that is still something once it is clean."""
        return next(filter(None, map(clean, self.all(*names))), "")

    def in_default_language(self, name: str) -> str:
        found = [value for value in self._values if value.names == (name,)]
        chosen = sorted(found, key=lambda value: value.language != "x-default")
        return next((value.text for value in chosen if value.text.strip()), "")

    def _refuse(self, *_: object) -> None:
        raise _Refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise _Refused
        self._open.append(_Element(name, attributes.get(_LANGUAGE, "")))
        for attribute, text in attributes.items():
            if attribute == _RDF + "resource":
                self._add((), text)
            elif not attribute.startswith(_RDF) and attribute != _LANGUAGE:
                self._add((attribute,), text)

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        text = "".join(self._open[-1].text)
        if text.strip():
            self._add((), text)
        self._open.pop()

    def _add(self, further: tuple[str, ...], text: str) -> None:
        names = tuple(element.name for element in self._open if element.name not in _SKIPPED)
        names = tuple(name for name in names if not name.endswith((" xmpmeta", " xapmeta"))) + further
        self._values.append(_Value(names, text, self._open[-1].language))
