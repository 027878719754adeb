"""Files of products, read line by line: CSV with a header, or JSON lines with the same columns, as `export products`
and `product list --json` write them."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.errors import InvalidCommand
from app.service.catalogue.plan import ProductOptions
from app.service.transfer.csv_table import Table
from app.service.transfer.text_file import TextFile, text_file

Line = tuple[int, ProductOptions | InvalidCommand]
"""The number of the line where a product begins, and what it says or why that cannot be read."""

_SWITCHES: Final[Mapping[str, tuple[str, bool]]] = {
    "enabled": ("enabled", True),
    "disabled": ("enabled", False),
    "visible": ("visible", True),
    "hidden": ("visible", False),
    "images": ("supports_images", True),
    "no_images": ("supports_images", False),
    "supports_images": ("supports_images", True),
}
_TEXTS: Final = ("sku", "slug", "name", "parent")
_COLUMNS: Final = frozenset({*_TEXTS, *_SWITCHES, "id", "website", "websites", "no_website"})
_TRUE: Final = frozenset({"1", "true", "yes", "y", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "n", "off"})
_SEPARATORS: Final = re.compile(r"[\s,;|]+")


def read_products(path: Path, advanced: Callable[[int], object]) -> Iterator[Line]:
    """The lines of a file; `advanced` hears of the bytes read. Raises `InvalidCommand` for a file that cannot be read
    at all, or whose header names unknown columns."""
    with text_file(path, advanced) as text:
        yield from _json_lines(text) if text.first_line.lstrip().startswith("{") else _csv_lines(text)


def _csv_lines(text: TextFile) -> Iterator[Line]:
    table = Table(text, _column)
    _check_columns(table.columns)
    for number, cells in table.rows():
        if isinstance(cells, InvalidCommand):
            yield number, cells
        else:
            yield number, _attempt(_options, [(name, cells[at]) for name, at in table.columns.items()])


def _json_lines(text: TextFile) -> Iterator[Line]:
    for number, line in enumerate(text.lines(), start=1):
        if line.strip():
            yield from ((number, product) for product in _from_line(line))


def _from_line(line: str) -> Iterator[ProductOptions | InvalidCommand]:
    """One product, or all those of a list that `product list --json` wrote."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        yield InvalidCommand("This is not JSON.")
        return
    if isinstance(values, dict) and values.keys() == {"products"} and isinstance(values["products"], list):
        yield from (_attempt(_from_values, product) for product in parents_first(values["products"]))
    else:
        yield _attempt(_from_values, values)


def parents_first(products: Iterable[Any]) -> list[Any]:
    """The rows of a list of products, in an order in which they can be imported."""
    return sorted(products, key=lambda row: isinstance(row, Mapping) and row.get("parent") is not None)


def _attempt(parse: Callable[[Any], ProductOptions], given: object) -> ProductOptions | InvalidCommand:
    try:
        return parse(given)
    except InvalidCommand as error:
        return error


def _from_values(values: object) -> ProductOptions:
    if not isinstance(values, dict):
        raise InvalidCommand("This is not a JSON object.")
    named = {_column(name): value for name, value in values.items()}
    if unknown := named.keys() - _COLUMNS:
        raise InvalidCommand(f"Unknown: {', '.join(sorted(unknown))}.")
    return _options(named.items())


def _options(values: Iterable[tuple[str, object]]) -> ProductOptions:
    """What the cells say; an empty one says nothing."""
    options: dict[str, Any] = {"sku": ""}
    for column, value in values:
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if column in _SWITCHES:
            option, meaning = _SWITCHES[column]
            options[option] = _truth(column, value) is meaning
        elif column == "no_website":
            options |= {"websites": ()} if _truth(column, value) else {}
        elif column in ("website", "websites"):
            options["websites"] = _codes(value)
        else:
            options[column] = _number(value) if column == "id" else _text(column, value)
    return ProductOptions(**options)


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


def _check_columns(columns: Collection[str]) -> None:
    if "sku" not in columns:
        raise InvalidCommand("The first line must name the columns, sku among them.")
    if unknown := set(columns) - _COLUMNS:
        raise InvalidCommand(f"The file has unknown columns: {', '.join(sorted(unknown))}.")
