"""File names and file paths, by the rules that OpenMage's shops know (pure functions).

A path is `/`, the name's first character, `/`, its second, `/`, the name: `ve2011.jpg` lies at
`/v/e/ve2011.jpg`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Profile = Literal["documented", "server"]

DEFAULT_BASE: Final = "image"
"""The base of an upload that came without a name."""

_MAX_BASE: Final = 250  # with an extension and its dot, the 255 bytes that file systems allow
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def safe_base(name: str | None) -> str | None:
    """The base name that a client's name stands for, without an extension; None where it names no file.

    No name, an empty one and `0` stand for the default. Each run of other characters than ASCII
    letters, digits, `_`, `.` and `-` becomes one `_`; what is only underscores becomes `file`.
    """
    if name is None or name in ("", "0"):
        return DEFAULT_BASE
    if "/" in name:
        return None
    base = _UNSAFE.sub("_", name)
    if not base.strip("_"):
        return "file"
    return base if len(base) <= _MAX_BASE else None


def stem(file_name: str) -> str:
    """A file name without its extension; a name that is all extension is kept whole."""
    head, _, _ = file_name.rpartition(".")
    return head or file_name


def folder(name: str) -> str:
    """The folder of a file name of two characters or more: `ve2011.jpg` → `/v/e`."""
    first, second = (character.replace(".", "_") for character in name[:2])
    return f"/{first}/{second}"


@dataclass(frozen=True, slots=True)
class Naming:
    """The series of names that one base and extension give: `base` is a safe one.

    The default base counts `image`, `image_2`, `image_3` (documented) or `image`, `image_1` (server); any other
    base counts as the latter.
    """

    base: str
    extension: str
    profile: Profile = "documented"

    @property
    def stem(self) -> str:
        """Folder and base: what the whole series has in common."""
        return f"{folder(self._name(''))}/{self.base}"

    @property
    def ahead(self) -> int:
        """By how much a name's suffix is ahead of its number."""
        return int(self.profile == "documented" and self.base == DEFAULT_BASE)

    def path(self, number: int) -> str:
        """The path of the series' name number 0, 1, 2 …; number 0 has no suffix."""
        return f"{folder(self._name(''))}/{self._name(self._suffix(number))}"

    def _name(self, suffix: str) -> str:
        return f"{self.base}{suffix}.{self.extension}"

    def _suffix(self, number: int) -> str:
        return f"_{number + self.ahead}" if number else ""
