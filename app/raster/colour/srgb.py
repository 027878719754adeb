"""Brings pixels of any colour space to sRGB by way of their profile, never by a bare change of mode."""

import io
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms

CMYK_PROFILE: Final = Path(__file__).with_name("cmyk.icc")
"""For CMYK without a profile: "Chemical proof" by Graeme W. Gill, released into the public domain."""

_SIXTEEN_BIT: Final = ("I;16", "I;16B", "I;16L", "I")
_TO_EIGHT_BIT: Final = 255 / 65535
_TRANSFORMS: Final = {
    "L": ("GRAY", "L", "RGB"),
    "LA": ("GRAY", "L", "RGB"),
    "RGB": ("RGB", "RGB", "RGB"),
    "RGBA": ("RGB", "RGBA", "RGBA"),
    "CMYK": ("CMYK", "CMYK", "RGB"),
}
"""Of each mode: the colour space that its profile must have, and the modes between which lcms translates."""


def plain(image: Image.Image) -> Image.Image:
    """The same colours in a mode that can be resampled: L, LA, RGB, RGBA, CMYK, or 16-bit grey."""
    if image.mode in ("LA", "RGBA", "CMYK", *_SIXTEEN_BIT):
        return image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in ("L", "1") else "RGBA")
    mode = "L" if image.mode in ("L", "1") else "RGB"
    return image if image.mode == mode else image.convert(mode)  # converting to the same mode would copy


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """sRGB pixels (L, LA, RGB or RGBA). A profile that is broken or of another colour space counts as none."""
    if image.mode in _SIXTEEN_BIT:
        image = eight_bit(image)
    transform = _transform(profile, image.mode) if profile else None
    if transform is None and image.mode == "CMYK":
        transform = _transform(default_cmyk(), image.mode)
    if transform is None:
        return image
    return _grey(image, transform) if image.mode in ("L", "LA") else _applied(transform, image)


def eight_bit(image: Image.Image) -> Image.Image:
    wide = image if image.mode == "I" else image.convert("I")
    return wide.point(lambda value: value * _TO_EIGHT_BIT + 0.5).convert("L")


def _grey(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    """Only 256 values exist, so they are converted once and looked up."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    curve = list(_applied(transform, ramp).getchannel("R").tobytes())
    if image.mode == "L":
        return image.point(curve)
    return Image.merge("LA", (image.getchannel("L").point(curve), image.getchannel("A")))


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # only a transform in place gives nothing back
    return converted


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From pixels of that mode to sRGB; None where the profile is unfit for them."""
    space, pixels, result = _TRANSFORMS[mode]
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != space:
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), pixels, result)
    except (OSError, ImageCms.PyCMSError):
        return None


@cache
def default_cmyk() -> bytes:
    """What inks look like where a file does not say. Asked for before a child shuts itself in, which finds no file."""
    return CMYK_PROFILE.read_bytes()
