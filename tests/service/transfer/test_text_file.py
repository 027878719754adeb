"""Files as people's programs write them, found out and read."""

import bz2
import gzip
import io
import lzma
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidCommand
from app.service.transfer.csv_table import Table
from app.service.transfer.text_file import size_of, text_file

ROWS = [["sku", "name"], ["müg", "Töpfe, groß"], ["lamp", 'a "quoted" one']]


def written(rows: list[list[str]], separator: str = ",", end: str = "\n") -> str:
    return "".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in rows)


def read(path: Path, data: bytes) -> tuple[str | None, list[list[str]]]:
    """How a file is read, and the header and rows that it has."""
    path.write_bytes(data)
    with text_file(path, lambda _: None) as text:
        table = Table(text)
        return table.note, [table.header, *(cells for _, cells in table.rows() if isinstance(cells, list))]


@pytest.mark.parametrize(
    ("encoding", "mark", "reported"),
    [
        ("utf-8", b"", ""),
        ("utf-8", b"\xef\xbb\xbf", ""),
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("utf-16-le", b"", "UTF-16"),
        ("utf-16-be", b"", "UTF-16"),
        ("utf-32-le", b"\xff\xfe\0\0", "UTF-32"),
        ("utf-32-be", b"\0\0\xfe\xff", "UTF-32"),
    ],
)
@pytest.mark.parametrize(
    ("separator", "named"), [(",", ""), (";", "separated by semicolons"), ("\t", "separated by tabs")]
)
@pytest.mark.parametrize(("end", "ends"), [("\n", ""), ("\r\n", ""), ("\r\r\n", ""), ("\r", "lines that end in CR")])
def test_what_spreadsheets_write_is_read(
    tmp_path: Path, encoding: str, mark: bytes, reported: str, separator: str, named: str, end: str, ends: str
) -> None:
    """Any encoding of Unicode, separator and line end is simply read, and what is unusual is reported in one line."""
    note, rows = read(tmp_path / "any.csv", mark + written(ROWS, separator, end).encode(encoding))

    assert rows == ROWS
    form = ", ".join(filter(None, (reported, ends, named)))
    assert note == (f"any.csv is read as {form}." if form else None)


def test_a_line_that_names_the_separator_is_heeded(tmp_path: Path) -> None:
    """Excel's own first line says how the rest is separated, and lines are counted with it."""
    path = tmp_path / "any.csv"
    path.write_text("sep=;\r\na,b;c\r\n1;2\r\nbroken\r\n")
    with text_file(path, lambda _: None) as text:
        table = Table(text)
        assert (list(table.columns), table.note) == (["a,b", "c"], "any.csv is read as separated by semicolons.")
        assert [(line, str(cells)) for line, cells in table.rows()] == [
            (3, "['1', '2']"),
            (4, "The line has 1 cells instead of 2."),
        ]


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "any.csv is empty: its first line has to name the columns."),
        (b"\xef\xbb\xbf", "any.csv is empty: its first line has to name the columns."),
        (gzip.compress(b"a,b\n", mtime=0), "any.csv is compressed with gzip: unpack it first."),
        (bz2.compress(b"a,b\n"), "any.csv is compressed with bzip2: unpack it first."),
        (lzma.compress(b"a,b\n"), "any.csv is compressed with xz: unpack it first."),
        (zipped(), "any.csv is an Excel workbook or a ZIP archive: save it as CSV (UTF-8), or unpack it first."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "any.csv is an Excel workbook: save it as CSV (UTF-8)."),
        (random.Random(1).randbytes(200_000), "any.csv is no text in UTF-8: save it as CSV (UTF-8)."),
        ("größe,sku\n".encode("latin-1"), "any.csv is no text in UTF-8: save it as CSV (UTF-8)."),
        (b"sku,name, name \n", "any.csv: the column name is there twice."),
        (b'"sku"x,name\n', "any.csv: the first line does not name the columns: ',' expected after '\"'."),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    """A file that cannot be read as a table says what it is and what to do."""
    with pytest.raises(InvalidCommand) as refused:
        read(tmp_path / "any.csv", data)
    assert refused.value.reason == sentence


def test_what_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A missing file, a folder and a link to nowhere say so, and have no size."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "missing")
    for name, cause in (("missing", "No such file"), ("folder", "Is a directory"), ("link", "No such file")):
        with pytest.raises(InvalidCommand, match=cause), text_file(tmp_path / name, lambda _: None):
            pass
        assert size_of(tmp_path / name) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_that_cannot_be_decoded_costs_no_other(tmp_path: Path, encoding: str) -> None:
    """Bytes that are no text are never taken for any: their line is left out, the others are read."""
    bad = {"utf-8": b"\xff\xc3", "utf-16": b"\x00\xd8"}[encoding]
    path = tmp_path / "any.csv"
    lines = ["a,b\n", "1,2\n", "3,", "\n", "5,6\n"]
    encoded = [line.encode(encoding.replace("16", "16-le")) for line in lines]
    mark = b"\xff\xfe" if encoding == "utf-16" else b""
    path.write_bytes(mark + b"".join([*encoded[:3], bad, *encoded[3:]]) + b"\xe4")
    with text_file(path, lambda _: None) as text:
        rows = [(line, cells if isinstance(cells, list) else cells.reason) for line, cells in Table(text).rows()]
    reported = f"The line is not {encoding.upper()}."
    assert rows == [(2, ["1", "2"]), (3, reported), (4, ["5", "6"]), (5, reported)]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2)))
def test_every_byte_read_is_told(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    """Who watches the progress hears of all bytes of a file, whatever is in it."""
    path = tmp_path_factory.getbasetemp() / "told.csv"
    path.write_bytes(written([["a", "b"], *rows]).encode())
    reported: list[int] = []
    with text_file(path, reported.append) as text:
        assert [cells for _, cells in Table(text).rows()] == rows
    assert sum(reported) == path.stat().st_size
