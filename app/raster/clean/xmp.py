"""The copyright notice inside an XMP packet (`dc:rights`)."""

import re
from typing import Final

_RIGHTS: Final = re.compile(
    rb"<dc:rights>\s{0,64}<rdf:Alt>\s{0,64}<rdf:li(?:\s[^<>]{0,64})?>([^<]{1,4096})</rdf:li>",
)
_PACKET: Final = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt>'
    b'<rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def copyright_only(packet: bytes) -> bytes:
    """A packet that holds the notice and nothing else; empty where there is no notice."""
    found = _RIGHTS.search(packet)
    return _PACKET % found[1] if found else b""
