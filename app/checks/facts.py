"""What is known of an image when it is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.model import Format, PixelFacts


@dataclass(frozen=True, slots=True)
class Original:
    """The public original, as anybody can fetch it: `extension` of its path, in lower case and without a dot; `size` in
    bytes, None before it was made."""

    format: Format
    frames: int
    extension: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """`sides` in pixels, as the picture is shown. `original` None: it has none that anybody can fetch. `pixels`
    None: nobody has looked. `texts` says of each language in which the image is shown whether it has an alternative
    text there. `duplicates` are ids of images with the same bytes in the same gallery, None where it was not compared.
    Of images that are not ready only the state counts."""

    state: Literal["processing", "failed", "ready", "external"]
    sides: tuple[int, int] | None
    original: Original | None
    pixels: PixelFacts | None
    texts: Mapping[str, bool]
    duplicates: tuple[int, ...] | None
