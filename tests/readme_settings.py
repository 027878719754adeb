"""The README's table of settings, written from the settings themselves: `python -m tests.readme_settings`."""

from pathlib import Path
from typing import Any, Final

from app.settings import options

README: Final = Path(__file__).parents[1] / "README.md"
_BEGIN: Final = "| Variable | Default | |\n| --- | --- | --- |\n"


def table() -> str:
    rows = [
        f"| `{option.name.upper()}` | {_default(option.default)} | {option.metadata['sentence']} |"
        for option in options()
    ]
    return _BEGIN + "\n".join(rows) + "\n"


def rewritten(text: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = text.partition(_BEGIN)
    after = rest[rest.index("\n\n") + 1 :]
    return before + table() + after


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value != "" else ""


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
