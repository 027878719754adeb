"""The nouns of the catalogue: plain, frozen, without any input or output."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NewType

ProductId = NewType("ProductId", int)
ImageId = NewType("ImageId", int)
PictureId = NewType("PictureId", int)
StoreViewId = NewType("StoreViewId", int)
BlobHash = NewType("BlobHash", str)
"""SHA-256 of the uploaded bytes, 64 lower-case hex digits."""
RecipeHash = NewType("RecipeHash", str)
MarksKey = NewType("MarksKey", str)
"""16 hex digits that tell a picture's marks of authorship and of artificial making from others; empty: it has none."""
Segment = NewType("Segment", str)
"""What a rendition shows, as URLs and keys name it: a blob's hash and, behind a dash, the marks that it carries."""

Rights = Literal["rights", "copyright", "none"]
"""Which marks public files keep: all of them, a notice in the cleaned original alone, or none."""

Format = Literal["jpeg", "png", "gif", "webp", "avif"]
ConvertedFormat = Literal["tiff", "heic"]
"""Of uploads that are shown in another format."""
SourceFormat = Format | ConvertedFormat

MEDIA_TYPES: Final[Mapping[Format, str]] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
EXTENSIONS: Final[Mapping[Format, str]] = {
    "jpeg": "jpg",
    "png": "png",
    "gif": "gif",
    "webp": "webp",
    "avif": "avif",
}
SOURCE_MEDIA_TYPES: Final[Mapping[SourceFormat, str]] = dict[SourceFormat, str](MEDIA_TYPES.items()) | {
    "tiff": "image/tiff",
    "heic": "image/heic",
}
"""Of uploaded bytes, as the store keeps them."""
SOURCE_FORMATS: Final[frozenset[SourceFormat]] = frozenset(SOURCE_MEDIA_TYPES)
"""In which pictures may come, where a dialect has no list of its own (native.md 3, "Accepted")."""
FORMAT_OF_EXTENSION: Final[Mapping[str, Format]] = {ext: fmt for fmt, ext in EXTENSIONS.items()} | {"jpeg": "jpeg"}

QUALITY: Final[Mapping[Format, int]] = {"jpeg": 82, "webp": 80, "avif": 67}
"""Qualities that look alike: as near to the picture, by SSIM over real photographs (bench/quality.py)."""

FURTHER_FORMATS: Final[tuple[Format, ...]] = ("avif", "webp")
"""Formats in which a rendition can be had beside its source's own."""

MAX_POSITION: Final = 2**31 - 1


NO_MARKS: Final = MarksKey("")


def segment_of(blob: BlobHash, marks: MarksKey | None = None) -> Segment:
    return Segment(f"{blob}-{marks}" if marks else blob)


def parted(segment: Segment) -> tuple[BlobHash, MarksKey]:
    """The blob, and the marks that its renditions carry."""
    blob, _, marks = segment.partition("-")
    return BlobHash(blob), MarksKey(marks)


def clamp_position(value: int) -> int:
    """Positions lie in 0…2147483647; input is cut to that."""
    return max(0, min(value, MAX_POSITION))


@dataclass(frozen=True, slots=True)
class Note:
    """Something that inspection found, or did to the public form of a picture (native.md 6)."""

    code: Literal[
        "reencoded",
        "ignored_chunk",
        "removed_trailing_bytes",
        "converted_format",
        "ai_generated",
        "content_credentials",
    ]
    measured: str | int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture could not be rendered: a word for programs (native.md 2), and a sentence that may be shown."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header of an image says: `width` and `height` are those of the stored pixels, in
    pixels, before any orientation is applied; `orientation` is the Exif value 1…8. `notes` are what
    inspection found beyond it, `marks` tell the marks that the picture carries; None where nobody looked."""

    format: Format
    width: int
    height: int
    frames: int = 1
    orientation: int = 1
    has_alpha: bool = False
    notes: tuple[Note, ...] | None = None
    converted_from: ConvertedFormat | None = None
    marks: MarksKey | None = None

    @property
    def source_format(self) -> SourceFormat:
        """The format that was uploaded, where `format` is the one that is shown."""
        return self.converted_from or self.format


@dataclass(frozen=True)
class Recipe:
    """How a rendition is made: fit inside `box` (width, height in pixels), never enlarged.

    `clean` is the cleaned original and has no box. The hash covers every parameter, so a changed
    recipe gives new URLs and never changes the bytes behind one already handed out.
    """

    name: str
    box: tuple[int, int] | None
    version: int = 1
    quality: Mapping[Format, int] = field(default_factory=dict)

    @cached_property
    def hash(self) -> RecipeHash:
        qualities = ",".join(f"{fmt}={q}" for fmt, q in sorted(self.quality.items()))
        text = f"{self.name}|{self.box}|inside|{self.version}|{qualities}"
        return RecipeHash(hashlib.sha256(text.encode()).hexdigest()[:8])

    @property
    def slug(self) -> str:
        """Name and hash, as they stand in a rendition's URL."""
        return f"{self.name}-{self.hash}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One finished rendition, not yet stored. `width` and `height` in pixels."""

    recipe: Recipe
    format: Format
    width: int
    height: int
    data: bytes


_SKU_FOLD: Final = str.maketrans({'"': "-", "'": "-", " ": "-"})


def sku_key(sku: str) -> str:
    """The spelling under which a SKU is looked up where case and quoting do not count."""
    return sku.strip().lower().translate(_SKU_FOLD)
