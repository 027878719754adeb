"""What was found out about a picture, in words. Source: native.md, section 6."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from app.model import FORMAT_OF_EXTENSION, SourceFormat

_FORMATS: Final[Mapping[str, SourceFormat]] = {
    **FORMAT_OF_EXTENSION,
    "tif": "tiff",
    "tiff": "tiff",
    "heic": "heic",
    "heif": "heic",
}
"""By a file's extension, also of formats that are shown in another one."""

_MESSAGES: Final[Mapping[str, str]] = {
    "rotated": "The file says that it has to be turned; renditions are.",
    "converted_colour": "Its colours are in another space; renditions are sRGB.",
    "clipped_hdr": "It is brighter than renditions can show.",
    "removed_location": "The upload tells a place; nothing public does.",
    "removed_metadata": "The upload holds private data; nothing public does.",
    "removed_trailing_bytes": "Bytes behind the end of the picture are in no public file.",
    "truncated": "The file ends before the picture does.",
    "name_differs": "The name, or the declared type, says another format than the file has.",
    "low_resolution": "It is smaller than its largest rendition may be.",
    "reencoded": "The public original was encoded anew, since it could not be cleaned without loss.",
    "ai_generated": "A mark says that it was made or changed by a machine.",
    "converted_format": "It was uploaded in another format than it is shown in.",
    "ignored_chunk": "It holds data that decoders skip.",
    "content_credentials": "Content credentials were in the upload; whether they hold was not looked at.",
    "duplicate": "The same bytes are in this gallery already.",
}
_WARNINGS: Final = frozenset({"clipped_hdr", "truncated", "name_differs", "low_resolution", "reencoded", "duplicate"})


@dataclass(frozen=True, slots=True)
class Remark:
    """A note as a document has it. `limit` in the unit of `measured`, None where there is no such thing."""

    code: str
    measured: Any = None
    limit: int | None = None

    @property
    def severity(self) -> Literal["info", "warning"]:
        return "warning" if self.code in _WARNINGS else "info"

    @property
    def message(self) -> str:
        """A sentence for people; a code of a later version has none."""
        return _MESSAGES.get(self.code, "")


def of_blob(found: Iterable[Mapping[str, Any]], orientation: int, longest: int, side: int) -> Iterator[Remark]:
    """What inspection has found, and what follows from the header: `longest` side of the picture and that of `large`,
    in pixels."""
    reported = [Remark(note["code"], note.get("measured")) for note in found]
    codes = {remark.code for remark in reported}
    if orientation > 1 and "rotated" not in codes:
        yield Remark("rotated", orientation)
    yield from reported
    if longest < side and "low_resolution" not in codes:
        yield Remark("low_resolution", longest, side)


def of_image(
    name: str | None, declared: str | None, source: SourceFormat, duplicates: Sequence[int]
) -> Iterator[Remark]:
    """What belongs to the entry: its name, or as what it was `declared`, beside the format that was uploaded; and other
    images of its gallery with the same bytes."""
    suffix = PurePosixPath(name or "").suffix
    if _FORMATS.get(suffix[1:].lower(), source) != source:
        yield Remark("name_differs", suffix)
    elif declared is not None:
        yield Remark("name_differs", declared)
    if duplicates:
        yield Remark("duplicate", list(duplicates))
