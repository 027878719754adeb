"""What a file is that nothing here reads is told in every form that its format allows."""

import gzip
from typing import Final

import pytest

from app.raster.facts.foreign import HEAD_BYTES
from app.raster.facts.sniff import kind_of

_SVG: Final = "<svg xmlns='http://www.w3.org/2000/svg'/>"
_DECLARED: Final = '<?xml version="1.0" encoding="{}" standalone="no"?>\n'
_DTD: Final = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" '
_LICENCE: Final = "<!-- <html> is > none & svg -- less -->"
_BOXED: Final = b"\0\0\0\x18ftyp"

DRAWINGS: Final = {
    "bare": _SVG.encode(),
    "marked as UTF-8": b"\xef\xbb\xbf" + _SVG.encode(),
    "marked as UTF-16, little end first": ("\ufeff" + _SVG).encode("utf-16-le"),
    "marked as UTF-16, big end first": ("\ufeff" + _SVG).encode("utf-16-be"),
    "marked as UTF-32, little end first": ("\ufeff" + _SVG).encode("utf-32-le"),
    "marked as UTF-32, big end first": ("\ufeff" + _SVG).encode("utf-32-be"),
    "declared as UTF-16": (_DECLARED.format("UTF-16") + _SVG).encode("utf-16-be"),
    "declared as EBCDIC": (_DECLARED.format("IBM037") + _SVG).encode("cp037"),
    "behind blanks": b"\r\n\t " + _SVG.encode(),
    "behind comments": (_LICENCE * 2 + "\n" + _SVG).encode(),
    "behind a long comment": f"<!--{'a' * (HEAD_BYTES - 200)}-->{_SVG}".encode(),
    "behind a style sheet": f"{_DECLARED.format('UTF-8')}<?xml-stylesheet href='a?b>c'?>{_SVG}".encode(),
    "behind its type": f"{_DTD}>{_SVG}".encode(),
    "behind all of that": f"{_DECLARED.format('UTF-8')}{_LICENCE}{_DTD}[<!ENTITY a '>'>]>{_SVG}".encode("utf-16"),
    "with a prefix": b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>",
    "compressed": gzip.compress((_DECLARED.format("UTF-8") + _SVG).encode()),
    "declared, and behind more than is looked at": f"{_DECLARED.format('UTF-8')}<!--{'a' * HEAD_BYTES}-->".encode(),
}

_OTHERS: Final = {
    "a page": (b"<!doctype HTML><title>a</title>", "html"),
    "a page that was saved": (b"<!-- saved from url -->\r\n<HTML>", "html"),
    "a page in XML": (f"{_DECLARED.format('UTF-8')}<!DOCTYPE html PUBLIC ''><html/>".encode(), "html"),
    "other markup": (f"{_DECLARED.format('UTF-8')}<rss/>".encode(), "unknown"),
    "something compressed": (gzip.compress(b"a text"), "unknown"),
    "no gzip": (b"\x1f\x8b and more", "unknown"),
    "HEVC in HEIF": (_BOXED + b"mif1\0\0\0\0mif1heic", "heic"),
    "a sequence of HEVC": (_BOXED + b"msf1\0\0\0\0msf1hevc", "heic"),
    "HEIF of another codec": (_BOXED + b"mif1\0\0\0\0mif1avci", "heif"),
    "a film": (_BOXED + b"mp42\0\0\0\0isom", "unknown"),
    "JPEG XL": (b"\xff\x0a" + bytes(60), "jxl"),
    "JPEG XL in a box": (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    "JPEG 2000": (b"\xff\x4f\xff\x51", "jpeg2000"),
    "JPEG 2000 in a box": (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    "JPEG XR": (b"II\xbc\x01", "jxr"),
    "a bitmap": (b"BM" + bytes(60), "bmp"),
    "an array of bitmaps": (b"BA" + bytes(12) + b"BM", "bmp"),
    "a word": (b"BARCELONA", "unknown"),
    "Photoshop": (b"8BPS\0\1", "psd"),
    "a large one": (b"8BPS\0\2", "psd"),
    "an icon": (b"\0\0\1\0\1\0", "ico"),
    "a cursor": (b"\0\0\2\0\1\0", "ico"),
    "a Targa": (bytes((0, 0, 2)) + bytes(60), "unknown"),
    "PDF": (b"%PDF-1.7", "pdf"),
    "PDF behind a line of a mail": (b"From me\r\n\r\n%PDF-1.4", "pdf"),
    "PDF that is PostScript": (b"%!PS-Adobe-3.0 PDF-1.4", "pdf"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0", "eps"),
    "PostScript with a preview": (b"\xc5\xd0\xd3\xc6" + bytes(60), "eps"),
    "Canon's": (_BOXED + b"crx \0\0\0\1crx isom", "raw"),
    "Canon's of before": (b"II\x1a\0\0\0HEAPCCDR", "raw"),
    "Olympus's": (b"IIRO\x08\0\0\0", "raw"),
    "Panasonic's": (b"IIU\0\x18\0\0\0", "raw"),
    "Fujifilm's": (b"FUJIFILMCCD-RAW 0201", "raw"),
    "nothing": (b"", "empty"),
    "a text": (b"a text of <svg>", "unknown"),
}


@pytest.mark.parametrize("head", DRAWINGS.values(), ids=DRAWINGS.keys())
def test_a_drawing_is_known_in_each_of_its_forms(head: bytes) -> None:
    """Whatever its encoding, and whatever XML lets stand before its root."""
    assert kind_of(head[:HEAD_BYTES]) == "svg"


@pytest.mark.parametrize(("head", "kind"), _OTHERS.values(), ids=_OTHERS.keys())
def test_other_formats_are_known_in_each_of_their_forms(head: bytes, kind: str) -> None:
    """And what only begins like one is none."""
    assert kind_of(head) == kind
