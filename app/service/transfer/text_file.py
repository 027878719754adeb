"""Text files as people's programs write them: how one is written is found out, so that it can simply be read.

Excel saves "Unicode text" as UTF-16, PowerShell redirects in it, and an old Mac ends its lines with CR.
"""

import codecs
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from app.errors import InvalidCommand

NO_TEXT: Final = re.compile(r"[\ud800-\udfff\0]")
"""What no text may hold: a NUL, or the surrogate that stands for bytes which could not be decoded."""

_SAMPLE_BYTES: Final = 64 * 1024
_MARKS: Final = {  # the longer ones first, as the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_UNPACK: Final = "unpack it first"
_SAVE: Final = "save it as CSV (UTF-8)"
_NO_TEXT_FILES: Final = {
    b"\x1f\x8b": ("is compressed with gzip", _UNPACK),
    b"BZh": ("is compressed with bzip2", _UNPACK),
    b"\xfd7zXZ\0": ("is compressed with xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("is compressed with zstd", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("is a 7z archive", _UNPACK),
    b"PK\x03\x04": ("is an Excel workbook or a ZIP archive", f"{_SAVE}, or {_UNPACK}"),
    b"\xd0\xcf\x11\xe0": ("is an Excel workbook", _SAVE),
}


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


# What cannot be decoded costs its own line only, in any encoding, and is never taken for text.
codecs.register_error("stand_in", _stand_in)


class TextFile:
    """An open file. `oddities` say how it is read where that is not plain UTF-8. Raises InvalidCommand for what is
    no text at all; a line that cannot be decoded holds what `NO_TEXT` finds."""

    def __init__(self, file: BinaryIO, name: str, advanced: Callable[[int], object]) -> None:
        self.name = name
        self._file = file
        self._advanced = advanced
        assert isinstance(file, io.BufferedReader)
        sample = file.peek(_SAMPLE_BYTES)
        _check_kind(name, sample)
        mark, encoding = _encoding(sample)
        file.read(len(mark))
        decoder = codecs.getincrementaldecoder(encoding)("stand_in")
        start = decoder.decode(sample[len(mark) :])
        end = re.search(r"\r*\n|\r", start)
        ends_in_cr = end is not None and end[0] == "\r"
        self.encoding = encoding[:6].upper()
        self.is_empty = not start
        self.first_line = start[: end.start()] if end else start
        self.oddities = [self.encoding] * (encoding != "utf-8") + ["lines that end in CR"] * ends_in_cr
        self._text = io.TextIOWrapper(file, encoding, "stand_in", newline="\r" if ends_in_cr else "\n")

    def lines(self) -> Iterator[str]:
        """Those from here on, each with its end."""
        seekable, before = self._file.seekable(), 0
        for line in self._text:
            after = self._file.tell() if seekable else before + len(line)
            self._advanced(after - before)
            before = after
            yield line


@contextmanager
def text_file(path: Path, advanced: Callable[[int], object]) -> Iterator[TextFile]:
    """The file at `path`, open for as long as the block lasts; `advanced` hears of the bytes read."""
    try:
        file = path.open("rb", buffering=_SAMPLE_BYTES)
    except OSError as error:
        raise InvalidCommand(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield TextFile(file, path.name, advanced)


def size_of(path: Path) -> int | None:
    """In bytes; None for what is no regular file."""
    return os.path.getsize(path) if os.path.isfile(path) else None  # noqa: PTH113, PTH202, they never raise


def _check_kind(name: str, sample: bytes) -> None:
    for start, (what, remedy) in _NO_TEXT_FILES.items():
        if sample.startswith(start):
            raise InvalidCommand(f"{name} {what}: {remedy}.")


def _encoding(sample: bytes) -> tuple[bytes, str]:
    """The byte order mark and the encoding. UTF-16 without a mark is known by its zeros: every other byte of a head
    that is mostly ASCII."""
    for mark, encoding in _MARKS.items():
        if sample.startswith(mark):
            return mark, encoding
    head = sample[:256]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if 4 * max(even, odd) > len(head) and min(even, odd) == 0:
        return b"", "utf-16-le" if odd else "utf-16-be"
    return b"", "utf-8"
