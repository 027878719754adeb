"""PNGs of which one colour is transparent (tRNS): Pillow takes it as it stands for eight bits alone."""

import io

from PIL import Image, ImageChops, ImageFile

from app.raster.clean.png_chunks import Header, chunks, header_of
from app.raster.colour.srgb import eight_bit
from app.raster.facts.sniff import open_image

_GREY, _RGB = 0, 2
"""Colour types that take such a colour."""


def see_through(image: Image.Image, data: bytes) -> Image.Image:
    """The picture with its header read, or, of sixteen bits, its pixels with an alpha channel."""
    shape = header_of(data)
    key = _key(data) if shape.colour in (_GREY, _RGB) and "transparency" in image.info else None
    if key is None:
        return image
    if shape.depth == 16:
        return _sixteen_bits(image, data, shape, key)
    most = (1 << shape.depth) - 1
    values = tuple((value & most) * 255 // most for value in key)
    image.info["transparency"] = values if shape.colour == _RGB else values[0]
    return image


def _key(data: bytes) -> tuple[int, ...] | None:
    """The colour's samples, as they are stored."""
    body = next((data[one.start : one.end] for one in chunks(data) if one.kind == b"tRNS"), None)
    return None if body is None else tuple(int.from_bytes(body[at : at + 2], "big") for at in range(0, len(body), 2))


def _sixteen_bits(image: Image.Image, data: bytes, shape: Header, key: tuple[int, ...]) -> Image.Image:
    """Samples are compared whole before they become shorter."""
    image.load()
    if shape.colour == _GREY:
        raw = image.tobytes()
        planes = [Image.frombytes("L", image.size, raw[at::2]) for at in (1, 0)]
        result = eight_bit(image)
    else:
        low = open_image(io.BytesIO(data), "png")
        assert isinstance(low, ImageFile.ImageFile)
        low.tile = [tile._replace(args="RGB;16L") for tile in low.tile]
        low.load()
        planes = [plane for pair in zip(image.split(), low.split(), strict=True) for plane in pair]
        result = image.copy()
    result.putalpha(_elsewhere(planes, b"".join(value.to_bytes(2, "big") for value in key)))
    result.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return result


def _elsewhere(planes: list[Image.Image], key: bytes) -> Image.Image:
    """An alpha channel: opaque where one plane differs from its byte of the key."""
    alpha = Image.new("L", planes[0].size)
    for plane, value in zip(planes, key, strict=True):
        alpha = ImageChops.lighter(alpha, plane.point([255 * (at != value) for at in range(256)]))
    return alpha
