"""Where the SQL is: beside the source, or among the data of an installed package."""

import sysconfig
from pathlib import Path

from app.errors import Misconfigured


def sql_folder() -> Path:
    """The folder with `migrations`, `queries` and `bulk`. Raises `Misconfigured`."""
    source = Path(__file__).parents[2] / "sql"
    installed = Path(sysconfig.get_path("data")) / "share" / "product-images" / "sql"
    for folder in (source, installed):
        if (folder / "queries").is_dir():
            return folder
    raise Misconfigured(f"The SQL files are neither in {source} nor in {installed}: install the package again.")
