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
        image = _eight_bit(image)
    space = _space(profile) if profile else ""
    if image.mode == "CMYK":
        source = profile if profile and space == "CMYK" else _default_cmyk()
        return _apply(image, source, "RGB")
    if profile and image.mode in ("RGB", "RGBA") and space == "RGB":
        return _apply(image, profile, image.mode)
    if profile and image.mode in ("L", "LA") and space == "GRAY":
        return _grey(image, profile)
    return image


def _eight_bit(image: Image.Image) -> Image.Image:
    wide = image if image.mode == "I" else image.convert("I")
    return wide.point(lambda value: value * _TO_EIGHT_BIT + 0.5).convert("L")


def _grey(image: Image.Image, profile: bytes) -> Image.Image:
    """Only 256 values exist, so they are converted once and looked up."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    curve = list(_apply(ramp, profile, "RGB").getchannel("R").tobytes())
    if image.mode == "L":
        return image.point(curve)
    return Image.merge("LA", (image.getchannel("L").point(curve), image.getchannel("A")))


def _apply(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    converted = ImageCms.applyTransform(image, _transform(profile, image.mode, mode))
    assert converted is not None  # only a transform in place gives nothing back
    return converted


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str, result: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, result)


@lru_cache(maxsize=4)
def _space(profile: bytes) -> str:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        return ""


@cache
def _default_cmyk() -> bytes:
    return CMYK_PROFILE.read_bytes()
