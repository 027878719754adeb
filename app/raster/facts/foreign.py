"""What a file is that no codec here reads, found out for whoever sent it. Each format in the forms that its own
specification allows: texts in any encoding that XML lets a reader recognise, with whatever may precede the root."""

import re
import zlib
from typing import Final

HEAD_BYTES: Final = 4096
"""So many of the first bytes are looked at: a drawing's licence, or its list of entities, may come first."""

_STARTS: Final = (
    ("jxl", (b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    ("jpeg2000", (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    ("jxr", (b"II\xbc",)),
    ("bmp", (b"BM",)),
    ("psd", (b"8BPS",)),
    ("raw", (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"II\x1a\0\0\0HEAPCCDR", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM")),
)
"""Names, and the bytes that files begin with; `raw`: what cameras write that call it otherwise than TIFF."""

DOCUMENTS: Final = frozenset(("pdf", "eps", "html"))
"""Names of what is more than a picture."""

_ICONS: Final = (b"\0\0\1\0", b"\0\0\2\0")  # cursors, too
_BITMAPS: Final = re.compile(rb"BA.{12}BM", re.DOTALL)  # an array of them
_PDF: Final = re.compile(rb"%PDF-\d|%!PS-Adobe-\d\.\d PDF-")
_PDF_BYTES: Final = 1024  # within which readers look for its header
_POSTSCRIPT: Final = (b"%!PS", b"\xc5\xd0\xd3\xc6")
_GZIP: Final = b"\x1f\x8b"

_BRANDS: Final = (
    ("heic", (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")),
    ("raw", (b"crx ",)),
    ("heif", (b"mif1", b"mif2", b"msf1", b"avci", b"avcs", b"jpeg", b"jpgs", b"vvic", b"vvis")),
)
_BRAND_BYTES: Final = 64

_ENCODINGS: Final = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
"""By the byte-order mark, or by how `<` is written; others spell markup as ASCII does. Source: XML 1.0, appendix F."""
_BEFORE: Final = re.compile(r"\ufeff?(?:\s++|<\?(?:[^?]++|\?(?!>))*+\?>|<!--(?:[^-]++|-(?!->))*+-->)*+")
_ROOT: Final = re.compile(r"<(?:!DOCTYPE\s++)?(?:[\w.-]++:)?(?P<name>[\w.-]++)", re.IGNORECASE)
"""The first element, or what is declared to be that."""
_DECLARED: Final = re.compile(r"\ufeff?\s*+<\?xml\s")


def foreign_kind(head: bytes) -> str | None:
    """The name of the format that the first bytes are of; None for one that has none here."""
    for name, starts in _STARTS:
        if head.startswith(starts):
            return name
    if head.startswith(_ICONS) and head[4:6] != b"\0\0":  # how many there are
        return "ico"
    if _BITMAPS.match(head):
        return "bmp"
    if head[4:8] == b"ftyp":
        return _brand(head[8:_BRAND_BYTES])
    if _PDF.search(head, 0, _PDF_BYTES):
        return "pdf"
    if head.startswith(_POSTSCRIPT):
        return "eps"
    return _markup(_inflated(head) if head.startswith(_GZIP) else head)


def _brand(brands: bytes) -> str | None:
    named = [brands[at : at + 4] for at in range(0, len(brands), 4)]
    return next((name for name, known in _BRANDS if any(one in known for one in named)), None)


def _inflated(head: bytes) -> bytes:
    """The begin of what was compressed: a drawing may be."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _markup(head: bytes) -> str | None:
    """`svg` or `html`; `svg`, too, where XML says so much first that nobody sees what it is of."""
    text = head.decode(next((name for start, name in _ENCODINGS if head.startswith(start)), "utf-8"), "replace")
    before = _BEFORE.match(text)
    root = _ROOT.match(text, before.end() if before else 0)
    if root is None:
        return "svg" if _DECLARED.match(text) else None
    name = root["name"].lower()
    return name if name in ("svg", "html") else None
