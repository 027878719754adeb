"""Rows of the import files as what they mean; the first thing wrong with one is its reason (spec §10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from app.errors import InvalidCommand
from app.model import clamp_position
from app.service.catalogue.plan import ProductOptions
from app.service.foreign.urls import trouble_with_url

IMAGE_COLUMNS: Final = ("image_set_name", "external_url_large", "external_url_small", "product_image_key")
PRODUCT_COLUMNS: Final = {"abstract": ("abstract_sku",), "concrete": ("abstract_sku", "concrete_sku")}

_LONGEST_NAME: Final = 255
_LONGEST_URL: Final = 2048
_LONGEST_KEY: Final = 32
_LONGEST_ALT: Final = 2048
_FALSE: Final = frozenset({"0", "false", "no"})
_PREFIX: Final = "product_image."
"""What combined files put before the columns of images."""

ImageRecord: TypeAlias = tuple[
    int, str, str | None, str | None, str | None, str, bool, int, str, str | None, list[str | None] | None
]
"""A row of the table `import_row`: line, set name, large URL, small URL, locale, SKU of the owner, whether that is
an abstract product, sort order, image key, set key, texts as a flat list of locale, large, small."""


def column_name(cell: str) -> str:
    """The name of a column, from its cell in the header."""
    return cell.strip().removeprefix(_PREFIX)


@dataclass(frozen=True, slots=True)
class ProductRows:
    """Reads rows of `product_abstract.csv` or `product_concrete.csv`. `language` is the locale of the name kept."""

    columns: Mapping[str, int]
    kind: Literal["abstract", "concrete"]
    language: str

    def read(self, cells: Sequence[str]) -> ProductOptions:
        parent = None if self.kind == "abstract" else self._cell(cells, "abstract_sku")
        active = None if self.kind == "abstract" else self._cell(cells, "is_active")
        sku = self._cell(cells, f"{self.kind}_sku")
        if not sku or parent == "":
            raise InvalidCommand(f"{self.kind if not sku else 'abstract'}_sku is empty.")
        return ProductOptions(
            sku,
            name=self._cell(cells, f"name.{self.language}") or None,
            parent=parent,
            enabled=None if active is None else active.strip().lower() not in _FALSE,
        )

    def _cell(self, cells: Sequence[str], name: str) -> str | None:
        place = self.columns.get(name)
        return None if place is None else cells[place]


class ImageRows:
    """Reads rows of `product_image.csv`; `locales` are those that are known."""

    def __init__(self, columns: Mapping[str, int], locales: frozenset[str]) -> None:
        self._name, self._large, self._small, self._key = (columns[name] for name in IMAGE_COLUMNS)
        self._set_key = columns.get("product_image_set_key")
        self._locale = columns.get("locale")
        self._sort_order = columns.get("sort_order")
        self._abstract = columns.get("abstract_sku")
        self._concrete = columns.get("concrete_sku")
        self._owner_type = columns.get("assigned_product_type")
        self._locales = locales
        self._texts = {
            locale: pair
            for locale in sorted(locales)
            if (pair := tuple(columns.get(f"alt_text_{size}.{locale}") for size in ("large", "small"))) != (None, None)
        }

    def read(self, line: int, cells: Sequence[str]) -> ImageRecord | None:
        """None for a row that is for something other than products. Raises InvalidCommand with the reason."""
        locale = _cell(cells, self._locale) or None
        if locale is not None and locale not in self._locales:
            raise InvalidCommand(f'Locale by name "{locale}" not found.')
        set_key = _limited(_cell(cells, self._set_key), "product_image_set_key", _LONGEST_KEY) or None
        sku, is_abstract = self._owner(cells)
        if not sku:
            if set_key:
                return None
            raise InvalidCommand("There is neither an abstract_sku nor a concrete_sku.")
        large = _url(cells[self._large], "external_url_large")
        small = _url(cells[self._small], "external_url_small")
        if not (large or small):
            raise InvalidCommand("external_url_large and external_url_small are empty.")
        name = _needed(cells[self._name], "image_set_name", _LONGEST_NAME)
        key = _needed(cells[self._key], "product_image_key", _LONGEST_KEY)
        order = _order(_cell(cells, self._sort_order))
        return line, name, large, small, locale, sku, is_abstract, order, key, set_key, self._texts_of(cells, locale)

    def _owner(self, cells: Sequence[str]) -> tuple[str, bool]:
        """The SKU of the owner and whether it is an abstract product; where both are named the concrete one wins."""
        kind = _cell(cells, self._owner_type)
        concrete = "" if kind == "abstract" else _cell(cells, self._concrete)
        abstract = "" if kind == "concrete" else _cell(cells, self._abstract)
        return (concrete, False) if concrete else (abstract, True)

    def _texts_of(self, cells: Sequence[str], locale: str | None) -> list[str | None] | None:
        """For a set with a locale only that locale's texts count. An empty cell is an empty text."""
        texts: list[str | None] = []
        for named, places in self._texts.items():
            if locale in (None, named):
                given = [None if place is None else cells[place] for place in places]
                texts += [named, *(text and _limited(text, f"alt_text.{named}", _LONGEST_ALT) for text in given)]
        return texts or None


def _cell(cells: Sequence[str], place: int | None) -> str:
    return "" if place is None else cells[place]


def _limited(text: str, column: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidCommand(f"{column} is longer than {longest} characters.")
    return text


def _url(text: str, column: str) -> str | None:
    if not text:
        return None
    if trouble := trouble_with_url(_limited(text, column, _LONGEST_URL)):
        raise InvalidCommand(f"{column} {trouble}")
    return text


def _needed(text: str, column: str, longest: int) -> str:
    if not text:
        raise InvalidCommand(f"{column} is empty.")
    return _limited(text, column, longest)


def _order(text: str) -> int:
    try:
        return clamp_position(int(text)) if text.strip() else 0
    except ValueError:
        raise InvalidCommand(f'sort_order "{text[:40]}" is not an integer.') from None
