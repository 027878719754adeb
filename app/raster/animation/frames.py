"""A finished picture: one frame, or several with their timing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from app.model import Facts, Format

MOVING: Final[tuple[Format, ...]] = ("gif", "webp")
"""Formats whose animations are kept; elsewhere the first frame stands for all."""

FOREVER: Final = 0


@dataclass(slots=True)
class Animation:
    """`milliseconds` tells how long each frame is shown, `plays` how often all of them (0: for ever).

    `indexed` says that the source had a palette.
    """

    plays: int = 1
    indexed: bool = False
    frames: list[Image.Image] = field(default_factory=list)
    milliseconds: list[int] = field(default_factory=list)

    @property
    def moves(self) -> bool:
        return len(self.frames) > 1


def moves(facts: Facts) -> bool:
    return facts.frames > 1 and facts.format in MOVING


def plays_of(image: Image.Image, fmt: Format) -> int:
    """GIF counts repetitions, and none when it says nothing; WebP counts showings."""
    loop = image.info.get("loop")
    if fmt == "webp":
        return int(loop or FOREVER)
    if loop is None:
        return 1
    return int(loop) + 1 if loop else FOREVER


def frames_of(image: Image.Image, facts: Facts) -> Iterator[tuple[Image.Image, int]]:
    """Each frame as it is seen, whole and in its own memory, with its milliseconds."""
    if not moves(facts):
        image.load()
        yield image, 0
        return
    for number in range(facts.frames):
        image.seek(number)
        image.load()
        yield image.copy(), int(image.info.get("duration") or 0)
