"""Values of images as cells of a table, and back. Pure: what `told` writes `said_by` reads."""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.model import MAX_POSITION
from app.service.transfer.spreadsheet import harmless, plain

COLUMNS: Final = ("sku", "image", "store", "label", "position", "exclude", "types")
VALUES: Final = COLUMNS[3:]
"""Those that can be changed."""
LONGEST_LABEL: Final = 65_535
_MOST_TYPES: Final = 200

_BETWEEN: Final = re.compile(r"[,;|\s]+")
_WHOLE: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_TRUTHS: Final[Mapping[str, bool]] = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Strange(Exception):
    """A cell that says nothing: `code` as problems have it, and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def cell_of(name: str, value: Any) -> str:
    """A value as a cell; None is an empty one."""
    if value is None:
        return ""
    if name == "label":
        return harmless(value)
    return ",".join(value) if name == "types" else str(int(value))


def value_of(name: str, cell: str) -> Any:
    """The value that a cell says, None for an empty one. Strange."""
    return _READ[name](cell)


def _label(cell: str) -> str | None:
    text = plain(cell)
    if len(text) > LONGEST_LABEL:
        raise Strange("too_long", f"It has {LONGEST_LABEL} characters at most.")
    return text or None


def _position(cell: str) -> int | None:
    text = cell.strip()
    if text and not _WHOLE.fullmatch(text):
        raise Strange("wrong_type", f"It has to be a whole number from 0 to {MAX_POSITION}.")
    if text and int(text) > MAX_POSITION:
        raise Strange("out_of_range", f"It has to be a whole number from 0 to {MAX_POSITION}.")
    return int(text) if text else None


def _exclude(cell: str) -> bool | None:
    text = cell.strip().lower()
    if text and text not in _TRUTHS:
        raise Strange("wrong_type", "It has to be 1 or 0.")
    return _TRUTHS.get(text)


def _types(cell: str) -> list[str]:
    codes = [code for code in _BETWEEN.split(cell, _MOST_TYPES + 2) if code]  # the first and the last may be empty
    if len(codes) > _MOST_TYPES:
        raise Strange("too_long", f"It names {_MOST_TYPES} types at most.")
    return list(dict.fromkeys(codes))


_READ: Final = {"label": _label, "position": _position, "exclude": _exclude, "types": _types}
