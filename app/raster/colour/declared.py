"""Which colours a file says that its numbers mean: by a profile, or by any of the other ways to tell."""

import struct
from collections.abc import Iterator
from typing import Final

from PIL import Image

from app.errors import ImageUndecodable
from app.model import Format
from app.raster.buffer import Buffer
from app.raster.clean import exif, jpeg
from app.raster.clean.png_chunks import chunks
from app.raster.colour import nclx
from app.raster.colour.icc import grey_profile, rgb_profile
from app.raster.colour.space import (
    ADOBE_RGB,
    SRGB_PRIMARIES,
    Gamma,
    Point,
    Primaries,
    Space,
    is_srgb_curve,
    of_code_points,
)

_GREY: Final = ("1", "L", "LA", "I")
_UNSPECIFIED: Final = 2
_SRGB_CODES: Final = 1, 13
_STEEPEST: Final = 10.0
"""Powers beyond it, or below its inverse, are no curves of pictures."""


def declared_profile(image: Image.Image, data: Buffer, fmt: Format) -> bytes | None:
    """The ICC profile of a picture whose header is read, its own or an equal one; None where it is sRGB, or silent."""
    profile: bytes | None = image.info.get("icc_profile")
    if fmt == "gif" or fmt == "webp" or (profile and fmt != "png"):
        return profile
    match fmt:
        case "png":
            return _of_png(data, image, profile)
        case "jpeg":
            return _equal(_of_jpeg(data), image)
        case "avif":
            return _equal(_of_avif(data), image)


def profile_of_code_points(codes: tuple[int, int] | None, image: Image.Image) -> bytes | None:
    """A profile of primaries and transfer in ITU-T H.273's numbers; None where they are sRGB's, or unknown."""
    return _equal(_of_codes(codes), image)


def _equal(space: Space | None, image: Image.Image) -> bytes | None:
    if space is None or space.is_srgb:
        return None
    if image.mode in _GREY or image.mode.startswith("I;16"):
        return None if is_srgb_curve(space.curve) else grey_profile(space.curve)
    return rgb_profile(space)


def _of_png(data: Buffer, image: Image.Image, profile: bytes | None) -> bytes | None:
    """As the third edition of PNG ranks them (§4.3): cICP, iCCP, sRGB, and gAMA with cHRM."""
    declared = dict(_colour_chunks(data))
    coded = _of_cicp(declared.get(b"cICP", b""))
    if coded is not None:
        return _equal(coded, image)
    if profile or b"sRGB" in declared:
        return profile
    return _equal(_of_gamma(declared.get(b"gAMA", b""), declared.get(b"cHRM", b"")), image)


def _colour_chunks(data: Buffer) -> Iterator[tuple[bytes, bytes]]:
    for chunk in chunks(data):
        if chunk.kind == b"IDAT":
            return
        if chunk.kind in (b"cICP", b"sRGB", b"gAMA", b"cHRM"):
            yield chunk.kind, data[chunk.start : min(chunk.end, chunk.start + 32)]


def _of_cicp(body: bytes) -> Space | None:
    """Only for RGB in its full range; nobody writes others, and Pillow could not decode them."""
    if len(body) != 4 or body[2:] != b"\0\1":
        return None
    return of_code_points(body[0], body[1])


def _of_gamma(gamma: bytes, points: bytes) -> Space | None:
    """Like browsers: chromaticities alone tell too little, a gamma alone is meant for sRGB's primaries."""
    stored = int.from_bytes(gamma, "big")
    if not stored or not 1 / _STEEPEST <= 100_000 / stored <= _STEEPEST:
        return None
    return Space(_primaries(points), Gamma(100_000 / stored))


def _primaries(points: bytes) -> Primaries:
    if len(points) != 32:
        return SRGB_PRIMARIES
    white, red, green, blue = (Point(x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", points))
    return Primaries(red, green, blue, white)


def _of_jpeg(data: Buffer) -> Space | None:
    """Cameras tell Adobe RGB by a mark in the Exif block alone (DCF 2.0, optional files)."""
    return ADOBE_RGB if exif.parse(jpeg.exif_of(data)).adobe_rgb else None


def _of_avif(data: Buffer) -> Space | None:
    try:
        return _of_codes(nclx.code_points(data))
    except ImageUndecodable:  # a decoder may read what we cannot walk
        return None


def _of_codes(codes: tuple[int, int] | None) -> Space | None:
    if codes is None:
        return None
    declared = (code if code != _UNSPECIFIED else usual for code, usual in zip(codes, _SRGB_CODES, strict=True))
    return of_code_points(*declared)
