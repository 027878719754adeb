"""What of a foreign text may become public: bounded, on one line, nothing that steers a terminal or a reader's eye."""

import re
import unicodedata
from typing import Final

_LONGEST: Final = 500
_LONGEST_ADDRESS: Final = 300
_HIDDEN: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Marks of direction, with which a text can show another order than it has."""
_ADDRESS: Final = re.compile(r"https?://[!-~]+", re.ASCII)
_UNSAFE: Final = re.compile(r"[<>\"{}|\\^`]")
_SOURCE_TYPE: Final = re.compile(r"https?://(?:cv\.iptc\.org/newscodes|c2pa\.org)/digitalsourcetype/([A-Za-z]{1,64})/?")
_SOURCE_TYPES: Final = frozenset(
    (
        "digitalCapture",
        "computationalCapture",
        "multiFrameComputationalCapture",
        "negativeFilm",
        "positiveFilm",
        "print",
        "humanEdits",
        "minorHumanEdits",
        "composite",
        "compositeCapture",
        "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicallyEnhanced",
        "algorithmicMedia",
        "trainedAlgorithmicMedia",
        "dataDrivenMedia",
        "digitalArt",
        "digitalCreation",
        "screenCapture",
        "softwareImage",
        "virtualRecording",
    )
)
_VOCABULARY: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def text(foreign: str) -> str:
    """The text on one line, at most 500 characters, without control characters; lone surrogates go, too."""
    kept = "".join(" " if letter.isspace() else letter for letter in foreign[: 4 * _LONGEST] if _is_shown(letter))
    return " ".join(kept.split())[:_LONGEST].rstrip()


def address(foreign: str) -> str:
    """An absolute http or https address; empty for anything else, since half an address leads elsewhere."""
    stripped = foreign.strip()
    fits = len(stripped) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(stripped) and not _UNSAFE.search(stripped)
    return stripped if fits else ""


def source_type(foreign: str) -> str:
    """A term of the IPTC's vocabulary (or of C2PA's, which extends it) by its address or its bare name; else empty."""
    stripped = foreign.strip()
    if stripped in _SOURCE_TYPES:
        return _VOCABULARY + stripped
    return stripped if _SOURCE_TYPE.fullmatch(stripped) else ""


def decoded(raw: bytes) -> str:
    """A text whose encoding nobody told: UTF-8 where it is that, else Latin-1, as old cameras and editors write it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _is_shown(letter: str) -> bool:
    return letter.isspace() or (unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Co") and letter not in _HIDDEN)
