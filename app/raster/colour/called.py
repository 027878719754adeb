"""What the space of a picture is called whose renditions are other numbers, and whether it is brighter than they."""

import io
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from PIL import Image, ImageCms

from app.errors import ImageUndecodable
from app.model import Format
from app.raster.buffer import Buffer
from app.raster.clean.png_chunks import chunks
from app.raster.colour import nclx
from app.raster.colour.icc import UNNAMED
from app.raster.colour.srgb import plain, to_srgb

Codes = tuple[int, int]
"""Primaries and transfer in ITU-T H.273's numbers."""

_STEPS: Final = (0, 64, 128, 192, 255)
_SAME: Final = 2
"""By so much, of 255, may a channel differ and nobody say that it was converted."""
_LONGEST_NAME: Final = 100
_HDR: Final[Mapping[int, str]] = {16: "pq", 18: "hlg"}
_PRIMARIES: Final[Mapping[int, str]] = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}


def space_of(image: Image.Image, profile: bytes | None, codes: Codes | None) -> str | None:
    """None where its numbers are sRGB's. By its profile's own name, or by what it says instead of one."""
    mode = plain(Image.new(image.mode, (1, 1))).mode
    if not _is_converted(mode, profile):
        return None
    named = _name(profile) if profile else mode
    if named != UNNAMED:
        return named
    return _PRIMARIES.get(codes[0], f"H.273 {codes[0]}/{codes[1]}") if codes else "declared"


def brightness_of(codes: Codes | None) -> str | None:
    """How a picture with a high range of brightness is stored."""
    return _HDR.get(codes[1]) if codes else None


def codes_of(data: Buffer, fmt: Format) -> Codes | None:
    """What a file says of its colours in numbers."""
    with suppress(ImageUndecodable):
        if fmt == "avif":
            return nclx.code_points(data)
        if fmt == "png":
            return next((_of_cicp(data[one.start : one.end]) for one in chunks(data) if one.kind == b"cICP"), None)
    return None


def _of_cicp(body: bytes) -> Codes | None:
    return (body[0], body[1]) if len(body) == 4 else None


def _is_converted(mode: str, profile: bytes | None) -> bool:
    """Tried out on colours from all over the space."""
    if mode == "CMYK":
        return True
    probe = _probe("L" if mode.startswith(("I", "L")) else "RGB")
    shown = to_srgb(probe, profile)
    pairs = zip(probe.convert("RGB").tobytes(), shown.convert("RGB").tobytes(), strict=True)
    return any(abs(one - other) > _SAME for one, other in pairs)


def _probe(mode: str) -> Image.Image:
    if mode == "L":
        return Image.frombytes(mode, (len(_STEPS), 1), bytes(_STEPS))
    colours = [bytes((red, green, blue)) for red in _STEPS for green in _STEPS for blue in _STEPS]
    return Image.frombytes(mode, (len(colours), 1), b"".join(colours))


def _name(profile: bytes) -> str:
    """What a stranger called it: only what can be shown."""
    try:
        described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (OSError, ImageCms.PyCMSError):
        return UNNAMED
    return "".join(filter(str.isprintable, described)).strip()[:_LONGEST_NAME] or UNNAMED
