"""Marks as an XMP packet, written anew: nothing of a foreign packet's own bytes gets through."""

import hashlib
from bisect import bisect
from collections.abc import Iterator
from typing import Final

from app.raster.marks.markup import as_attribute, as_text
from app.raster.marks.model import Marks

LONGEST: Final = 1024
"""Bytes of the largest packet."""

_SPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_HEAD: Final = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
_TAIL: Final = "</rdf:Description></rdf:RDF>"
_SHORTEST: Final = 16
"""Characters under which a text that has to be cut says nothing any more and goes."""


def packet(marks: Marks) -> bytes:
    """The packet, at most 1 KB; empty where there are no marks.

    What weighs most comes first: of what does not fit, texts are cut and addresses left out.
    """
    given: list[str] = []
    for name, value in _properties(marks):
        fitting = _longest_that_fits(given, name, value)
        if fitting:
            given.append(fitting)
    return _whole(given) if given else b""


def key_of(marks: Marks) -> str:
    """16 hexadecimal digits that tell these marks from others; empty where there are none."""
    given = packet(marks)
    return hashlib.sha256(given).hexdigest()[:16] if given else ""


def _properties(marks: Marks) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Name and value, in order of weight."""
    yield "Iptc4xmpExt:DigitalSourceType", marks.source_type
    yield "dc:rights", marks.rights
    yield "Iptc4xmpExt:AISystemUsed", marks.ai_system
    yield "Iptc4xmpExt:AISystemVersionUsed", marks.ai_system_version
    yield "xmpRights:WebStatement", marks.web_statement
    yield "plus:Licensor", marks.licensor_url
    yield "dc:creator", marks.creator
    yield "photoshop:Credit", marks.credit
    yield "Iptc4xmpExt:AIPromptWriterName", marks.ai_prompt_writer
    yield "Iptc4xmpExt:AIPromptInformation", marks.ai_prompt


_ADDRESSES: Final = ("Iptc4xmpExt:DigitalSourceType", "xmpRights:WebStatement", "plus:Licensor")


def _longest_that_fits(given: list[str], name: str, value: str | tuple[str, ...]) -> str:
    """The property as XML beside what is said already; empty where not even a part of its value has room."""
    whole = _written(name, value)
    if not whole or _fits(given, whole):
        return whole
    if isinstance(value, tuple):
        return _longest_that_fits(given, name, value[:-1] if len(value) > 1 else value[0])
    if name in _ADDRESSES:
        return ""
    lengths = range(_SHORTEST, len(value))
    fitting = bisect(lengths, False, key=lambda length: not _fits(given, _cut(name, value, length)))
    return _cut(name, value, lengths[fitting - 1]) if fitting else ""


def _cut(name: str, value: str, length: int) -> str:
    return _written(name, value[:length].rstrip() + "…")


def _fits(given: list[str], more: str) -> bool:
    return len(_whole([*given, more])) <= LONGEST


def _whole(given: list[str]) -> bytes:
    """Attributes first, then the elements; only the namespaces that are used are declared."""
    used = (space for space in _SPACES if any(one.strip("< ").startswith(f"{space}:") for one in given))
    declared = "".join(f' xmlns:{space}="{_SPACES[space]}"' for space in used)
    attributes = "".join(one for one in given if not one.startswith("<"))
    elements = "".join(one for one in given if one.startswith("<"))
    return f"{_HEAD}{declared}{attributes}>{elements}{_TAIL}".encode()


def _written(name: str, value: str | tuple[str, ...]) -> str:
    """A simple property as an attribute, which is short, a structured one as an element."""
    if not value:
        return ""
    match name:
        case "dc:rights":
            inner = f'<rdf:Alt><rdf:li xml:lang="x-default">{as_text(_one(value))}</rdf:li></rdf:Alt>'
        case "dc:creator":
            names = (value,) if isinstance(value, str) else value
            inner = "<rdf:Seq>" + "".join(f"<rdf:li>{as_text(one)}</rdf:li>" for one in names) + "</rdf:Seq>"
        case "plus:Licensor":
            licensor = f"<plus:LicensorURL>{as_text(_one(value))}</plus:LicensorURL>"
            inner = f'<rdf:Seq><rdf:li rdf:parseType="Resource">{licensor}</rdf:li></rdf:Seq>'
        case _:
            return f" {name}={as_attribute(_one(value))}"
    return f"<{name}>{inner}</{name}>"


def _one(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "; ".join(value)
