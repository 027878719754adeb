"""File names and file paths, by the rules that OpenMage's shops know (pure functions).

A path is `/`, the name's first character, `/`, its second, `/`, the name: `ve2011.jpg` lies at
`/v/e/ve2011.jpg`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from app.errors import InvalidCommand
from app.model import EXTENSIONS, Format, Segment

Profile = Literal["documented", "server"]

DEFAULT_BASE: Final = "image"
"""The base of an upload that came without a name."""

_LONGEST_NAME: Final = 255  # bytes, what file systems allow
_MAX_BASE: Final = _LONGEST_NAME - len("_2147483647") - len(".webp")  # whatever number is put behind it one day
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_NUMBERED: Final = re.compile(r"(?P<base>.+)_(?P<number>[1-9][0-9]{0,9})", re.DOTALL)


def safe_base(name: str | None) -> str | None:
    """The base name that a client's name stands for, without an extension; None where it names no file.

    No name, an empty one and `0` stand for the default. Each run of other characters than ASCII
    letters, digits, `_`, `.` and `-` becomes one `_`; what is only underscores becomes `file`. A long one is cut, so
    that the whole name fits a file system whatever number comes behind it.
    """
    if name is None or name in ("", "0"):
        return DEFAULT_BASE
    if "/" in name:
        return None
    return plain_base(name)


def plain_base(name: str) -> str:
    """`name` as `safe_base` spells it, whatever it is."""
    base = _UNSAFE.sub("_", name)[:_MAX_BASE]
    return base if base.strip("_") else "file"


def split_number(stem: str) -> tuple[str, int] | None:
    """A name in two: `night_2` → `night`, 2. None where no number stands behind it as a series writes one."""
    found = _NUMBERED.fullmatch(stem)
    return None if found is None else (found["base"], int(found["number"]))


def check_path(path: str) -> None:
    """InvalidCommand for what can be no file path, however it came (core.md: `file_path_path_check`)."""
    if not path.startswith("/") or "\\" in path or _CONTROL.search(path) or {"", ".", ".."} & set(path[1:].split("/")):
        raise InvalidCommand(
            f"{path} cannot be a path: one begins with /, and has no backslash, no control character and no part that "
            "is empty, a dot or two."
        )


def rendition_path(slug: str, segment: Segment, name: str | None, picture: int, fmt: Format) -> str:
    """A rendition's URL below the media address, by its recipe's slug. Its last part is for people: what the file is
    called, without its extension; a picture without a name goes by its id."""
    return below_recipe(slug, rendition_file(segment, name, picture, fmt))


def below_recipe(slug: str, file: str) -> str:
    """The same of a `rendition_file`."""
    return f"/media/renditions/{slug}/{file}"


def rendition_file(segment: Segment, name: str | None, picture: int, fmt: Format) -> str:
    """What the URLs of a picture's renditions have in common: all behind the recipe's slug."""
    base = _quoted(stem(name)) if name else f"p{picture}"
    return f"{segment}/{base}.{EXTENSIONS[fmt]}"


def _quoted(base: str) -> str:
    """Percent-encoded, which names of uploads have no need of: they are made of what `safe_base` leaves."""
    return base if base.isascii() and not _UNSAFE.search(base) else quote(base, safe="")


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
        suffix = self.suffix(number)
        return f"{folder(self._name(''))}/{self._name(f'_{suffix}' if suffix else '')}"

    def suffix(self, number: int) -> int:
        """What stands behind the base in that path, 0 for nothing."""
        return number + self.ahead if number else 0

    def _name(self, suffix: str) -> str:
        return f"{self.base}{suffix}.{self.extension}"
