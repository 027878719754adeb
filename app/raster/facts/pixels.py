"""What a file shows, put in a few bytes that can be compared."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, ImageFile

from app.model import Format
from app.raster.facts.sniff import open_image

_ROWS: Final = 64
"""Hashed at a time, so that a large picture is not in memory twice."""


@contextmanager
def forgiving(on: bool) -> Iterator[None]:
    """A picture that ends inside its pixels is shown as far as it goes."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = on
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def fingerprint(data: bytes, fmt: Format) -> bytes:
    """Equal for files that show the same: of each frame mode, size, pixels, transparency and time."""
    digest = hashlib.blake2b()
    with open_image(io.BytesIO(data), fmt) as image:
        frames = 1 if fmt == "jpeg" else getattr(image, "n_frames", 1)  # a JPEG's further pictures are others
        for number in range(frames):
            if number:
                image.seek(number)
            image.load()
            declared = [image.info.get(name) for name in ("duration", "loop", "transparency")]
            digest.update(repr((image.mode, image.size, declared)).encode())
            for rows in _strips(image):
                digest.update(rows)
    return digest.digest()


def shown_by(data: bytes, fmt: Format) -> bytes | None:
    """A file's fingerprint; None for one that cannot be decoded."""
    try:
        return fingerprint(data, fmt)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception:  # Pillow tells damage by many
        return None


def shows_the_same(data: bytes, fmt: Format, as_other: bytes) -> bool:
    """Whether a file has that fingerprint; one that cannot be decoded has none."""
    return shown_by(data, fmt) == as_other


def _strips(image: Image.Image) -> Iterator[bytes]:
    for top in range(0, image.height, _ROWS):
        strip = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        yield (strip.convert("RGBA") if strip.mode in ("P", "PA") else strip).tobytes()
