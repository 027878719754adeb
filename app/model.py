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
"""What a rendition shows, as URLs and keys name it: a blob's hash and, behind a dash, the marks that it carries, or the
key of the edit that it shows."""

Rights = Literal["rights", "copyright", "none"]
"""Which marks public files keep: all of them, a notice in the cleaned original alone, or none."""

Fit = Literal["inside", "cover", "pad"]
"""How a rendition lies in its box."""
TRANSPARENT: Final = "transparent"
"""The background that is none: white in formats that show nothing through."""

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


def segment_of(blob: BlobHash, key: str | None = None) -> Segment:
    return Segment(f"{blob}-{key}" if key else blob)


def parted(segment: Segment) -> tuple[BlobHash, str]:
    """The blob, and the marks or the edit of its renditions; empty: neither."""
    blob, _, key = segment.partition("-")
    return BlobHash(blob), key


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
        "converted_colour",
        "clipped_hdr",
        "removed_location",
        "removed_metadata",
        "truncated",
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
    """How a rendition is made: brought into `box` (width, height in pixels), never enlarged.

    It lies `inside` the box, covers it (`cover`), or is padded to exactly the box (`pad`) with `background`, which is
    also seen through transparent pixels: `#rrggbb`, or `transparent`. A border that has one colour but for `trim`
    levels of 255 is cut off before (0: none is), up to a margin of `margin` per cent of the box. One that is made in
    `only` one format has no other, whatever the picture's own.

    `clean` is the cleaned original and has no box. The hash covers every parameter, so a changed
    recipe gives new URLs and never changes the bytes behind one already handed out.
    """

    name: str
    box: tuple[int, int] | None
    version: int = 1
    quality: Mapping[Format, int] = field(default_factory=dict)
    fit: Fit = "inside"
    background: str = TRANSPARENT
    trim: int = 0
    margin: int = 0
    only: Format | None = None

    @cached_property
    def hash(self) -> RecipeHash:
        qualities = ",".join(f"{fmt}={q}" for fmt, q in sorted(self.quality.items()))
        text = f"{self.name}|{self.box}|{self.fit}|{self.version}|{qualities}"
        further = {"background": self.background, "trim": self.trim, "margin": self.margin, "only": self.only}
        defaults = Recipe.__dataclass_fields__
        text += "".join(f"|{name}={value}" for name, value in further.items() if value != defaults[name].default)
        return RecipeHash(hashlib.sha256(text.encode()).hexdigest()[:8])

    @property
    def slug(self) -> str:
        """Name and hash, as they stand in a rendition's URL."""
        return f"{self.name}-{self.hash}"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What stands for a picture while it loads: a ThumbHash in base64, and the average of its visible pixels as
    `#rrggbb`, None where none is visible."""

    thumbhash: str
    color: str | None


@dataclass(frozen=True, slots=True)
class PixelFacts:
    """What is found in a picture's pixels, as it is seen: upright, edited, flattened on white, fit inside 300 × 300.

    Of its outermost 1 % (a strip of that share of the longer side along each edge) `border_white` is the share, 0…1,
    that has 250 or more in every channel, and `border_color` the colour as `#rrggbb` where it is uniform, else None.
    `fill` is the longer side of what stands out from that colour, as a share 0…1 of the picture's longer side; None
    where there is no such colour. `blur` is the variance of the Laplacian (of luminance, 0…255: sharp pictures have
    hundreds, blurred ones less than a hundred); None for fewer than three rows or columns.

    The database keeps them as one object of JSON with these members: `blob.pixel_facts`, null until they are found,
    without members where they could not be.
    """

    border_white: float
    border_color: str | None
    fill: float | None
    blur: float | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One finished rendition, not yet stored. `width` and `height` in pixels. One small enough tells what stands for
    the picture while it loads, one large enough what is found in its pixels."""

    recipe: Recipe
    format: Format
    width: int
    height: int
    data: bytes
    placeholder: Placeholder | None = None
    pixel_facts: PixelFacts | None = None


_SKU_FOLD: Final = str.maketrans({'"': "-", "'": "-", " ": "-"})


def sku_key(sku: str) -> str:
    """The spelling under which a SKU is looked up where case and quoting do not count."""
    return sku.strip().lower().translate(_SKU_FOLD)
