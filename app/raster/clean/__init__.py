"""Removes private metadata and appended data from a file, without touching a pixel; knows containers, not codecs."""

from typing import assert_never

from app.model import Format
from app.raster.buffer import Buffer
from app.raster.clean import avif, gif, jpeg, png, webp
from app.raster.clean.result import Cleaned


def cleaned(data: Buffer, fmt: Format, *, keep_copyright: bool) -> Cleaned:
    """The file with its pixels, orientation, colour profile and, where wanted, copyright notice, and nothing more.

    Raises ImageUndecodable where the container is broken.
    """
    match fmt:
        case "jpeg":
            return jpeg.clean(data, keep_copyright=keep_copyright)
        case "png":
            return png.clean(data, keep_copyright=keep_copyright)
        case "gif":
            return gif.clean(data)
        case "webp":
            return webp.clean(data, keep_copyright=keep_copyright)
        case "avif":
            return avif.clean(data, keep_copyright=keep_copyright)
        case _:
            assert_never(fmt)
