"""Files of products, read line by line: CSV with a header, or JSON lines with the same columns."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from app.errors import InvalidCommand
from app.service.provision_plan import ProductOptions

Line = tuple[int, ProductOptions | InvalidCommand]
"""The number of the line where a product begins, and what it says or why that cannot be read."""

_SWITCHES: Final[Mapping[str, tuple[str, bool]]] = {
    "enabled": ("enabled", True),
    "disabled": ("enabled", False),
    "visible": ("visible", True),
    "hidden": ("visible", False),
    "images": ("supports_images", True),
    "no_images": ("supports_images", False),
}
_TEXTS: Final = ("sku", "slug", "name", "parent")
_COLUMNS: Final = frozenset({*_TEXTS, *_SWITCHES, "id", "website", "no_website"})
_TRUE: Final = frozenset({"1", "true", "yes", "y", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "n", "off"})
_SEPARATORS: Final = re.compile(r"[\s,;|]+")


def read_products(path: Path, progress: Callable[[int], object]) -> Iterator[Line]:
    """The lines of a file; `progress` hears of the bytes read. Raises `InvalidCommand` for a file that cannot be read
    at all, or whose header names unknown columns."""
    try:
        with path.open("rb") as file:
            start = file.read(1).lstrip(b"\xef")
            file.seek(0)
            yield from _json_lines(file, progress) if start == b"{" else _csv_lines(file, progress)
    except OSError as error:
        raise InvalidCommand(f"{path} cannot be read: {error.strerror}.") from None


def size(path: Path) -> int | None:
    """In bytes; None for what is no regular file."""
    return path.stat().st_size if path.is_file() else None


def _text_lines(file: BinaryIO, progress: Callable[[int], object]) -> Iterator[str]:
    """Bytes that are no UTF-8 become surrogates, which the rules for words refuse line by line."""
    for number, line in enumerate(file):
        progress(len(line))
        yield (line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line).decode("utf-8", "surrogateescape")


def _csv_lines(file: BinaryIO, progress: Callable[[int], object]) -> Iterator[Line]:
    lines = _text_lines(file, progress)
    header = next(lines, "")
    delimiter = max(",;\t", key=header.count)
    columns = [_column(name) for name in next(csv.reader(io.StringIO(header), delimiter=delimiter), [])]
    _check_columns(columns)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        number = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, InvalidCommand(f"This is not CSV: {error}.")
            continue
        if cells:
            yield number, _attempt(_from_cells, columns, cells)


def _json_lines(file: BinaryIO, progress: Callable[[int], object]) -> Iterator[Line]:
    for number, line in enumerate(_text_lines(file, progress), start=1):
        if line.strip():
            yield number, _attempt(_from_json, line)


def _attempt(parse: Callable[..., ProductOptions], *args: object) -> ProductOptions | InvalidCommand:
    try:
        return parse(*args)
    except InvalidCommand as error:
        return error


def _from_cells(columns: list[str], cells: list[str]) -> ProductOptions:
    if len(cells) != len(columns):
        raise InvalidCommand(f"There are {len(cells)} cells under {len(columns)} columns.")
    return _options(zip(columns, cells, strict=True))


def _from_json(line: str) -> ProductOptions:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidCommand("This is not JSON.") from None
    if not isinstance(values, dict):
        raise InvalidCommand("This is not a JSON object.")
    named = {_column(name): value for name, value in values.items()}
    if unknown := named.keys() - _COLUMNS:
        raise InvalidCommand(f"Unknown: {', '.join(sorted(unknown))}.")
    return _options(named.items())


def _options(values: Iterable[tuple[str, object]]) -> ProductOptions:
    """What the cells say; an empty one says nothing."""
    said: dict[str, Any] = {"sku": ""}
    for column, value in values:
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if column in _SWITCHES:
            option, meaning = _SWITCHES[column]
            said[option] = _truth(column, value) is meaning
        elif column == "no_website":
            said |= {"websites": ()} if _truth(column, value) else {}
        elif column == "website":
            said["websites"] = _codes(value)
        else:
            said[column] = _number(value) if column == "id" else _text(column, value)
    return ProductOptions(**said)


def _text(column: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InvalidCommand(f"The {column} is no text.")
    return str(value).strip()


def _number(value: object) -> int:
    text = _text("id", value)
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidCommand(f"The id is no number: {text}.")
    return int(text)


def _truth(column: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise InvalidCommand(f"The column {column} holds yes or no, not {text}.")
    return text in _TRUE


def _codes(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text("website", code) for code in value)
    return tuple(filter(None, _SEPARATORS.split(_text("website", value))))


def _column(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _check_columns(columns: list[str]) -> None:
    if "sku" not in columns:
        raise InvalidCommand("The first line must name the columns, sku among them.")
    if unknown := set(columns) - _COLUMNS:
        raise InvalidCommand(f"The file has unknown columns: {', '.join(sorted(unknown))}.")
    if len(set(columns)) < len(columns):
        raise InvalidCommand("The file has the same column twice.")
