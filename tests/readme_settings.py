"""The README's table of settings, written from the settings themselves: `python -m tests.readme_settings`."""

from dataclasses import Field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from app.settings import options

README: Final = Path(__file__).parents[1] / "README.md"
_BEGIN: Final = "| Variable | Default | |\n| --- | --- | --- |\n"


def table() -> str:
    """Neighbours of which the same is said share a row."""
    rows = [
        f"| {', '.join(f'`{option.name.upper()}`' for option in some)} | {default} | {sentence} |"
        for (default, sentence), some in groupby(options(), lambda one: (_default(one), one.metadata["sentence"]))
    ]
    return _BEGIN + "\n".join(rows) + "\n"


def rewritten(text: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = text.partition(_BEGIN)
    after = rest[rest.index("\n\n") + 1 :]
    return before + table() + after


def _default(option: Field[Any]) -> str:
    value = "" if option.metadata["reckoned"] else option.default
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value != "" else ""


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
