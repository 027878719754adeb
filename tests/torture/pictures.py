"""The pictures of a run: few, so that the same bytes come and go, and small, so that much can happen."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image

from tests.pictures import decoded, encoded, picture

_SIZES: Final = ((64, 48), (300, 200), (700, 420), (48, 100), (1300, 40), (90, 90))
_KINDS: Final = (("JPEG", "jpg", "image/jpeg"), ("PNG", "png", "image/png"), ("JPEG", "jpg", "image/jpeg"))
BAD: Final = b"\xff\xd8\xff\xe0 this is no picture"


@dataclass(frozen=True)
class Picture:
    data: bytes
    sha: str
    extension: str
    media_type: str

    @property
    def base64(self) -> str:
        return base64.b64encode(self.data).decode()

    def shown(self) -> Image.Image:
        return decoded(self.data)


@cache
def pictures(count: int) -> tuple[Picture, ...]:
    return tuple(_picture(number) for number in range(count))


def _picture(number: int) -> Picture:
    kind, extension, media_type = _KINDS[number % len(_KINDS)]
    data = encoded(picture(*_SIZES[number % len(_SIZES)], seed=number), kind)
    return Picture(data, hashlib.sha256(data).hexdigest(), extension, media_type)


def write_all(folder: Path, count: int) -> None:
    """As files, for imports and repairs."""
    folder.mkdir(exist_ok=True)
    for one in pictures(count):
        (folder / f"{one.sha}.{one.extension}").write_bytes(one.data)
