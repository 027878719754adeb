"""The picture that is uploaded: 6 megapixels in a JPEG of 1.5 MB, and copies of it that differ in one comment."""

import io
from functools import cache
from typing import Final

from PIL import Image

_SIZE: Final = (3000, 2000)
_BYTES: Final = 1_500_000
_LONGEST_COMMENT: Final = 65533
_START: Final = 2  # bytes of the marker that begins a JPEG


@cache
def photo() -> bytes:
    """Smooth shapes under noise, in the quality that comes nearest to the size."""
    shapes = Image.merge("RGB", [Image.radial_gradient("L").rotate(turn).resize(_SIZE) for turn in (0, 90, 180)])
    noise = Image.effect_noise(_SIZE, 24).convert("RGB")
    image = Image.blend(shapes, noise, 0.3)
    tries = [_encoded(image, quality) for quality in range(60, 96, 3)]
    return min(tries, key=lambda data: abs(len(data) - _BYTES))


def copy_of_photo(number: int, size: int = 0) -> bytes:
    """The same pixels in other bytes, `size` of them or more."""
    comments = [_comment(b"copy %d" % number)]
    while sum(map(len, comments)) + len(photo()) < size:
        comments.append(_comment(bytes(_LONGEST_COMMENT)))
    return b"".join((photo()[:_START], *comments, photo()[_START:]))


def _comment(text: bytes) -> bytes:
    return b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text


def _encoded(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()
