"""A finished picture: one frame, or several with their timing."""

from collections.abc import Callable, Iterator
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

    `indexed` says that the source had a palette. `framing` puts each frame on its canvas: only when its turn comes,
    since a canvas may be far larger than what lies on it.
    """

    plays: int = 1
    indexed: bool = False
    frames: list[Image.Image] = field(default_factory=list)
    milliseconds: list[int] = field(default_factory=list)
    framing: Callable[[Image.Image], Image.Image] | None = None

    @property
    def moves(self) -> bool:
        return len(self.frames) > 1

    def image(self, number: int) -> Image.Image:
        """One frame as it is to be written, counted from 0."""
        frame = self.frames[number]
        return self.framing(frame) if self.framing else frame

    def images(self) -> Iterator[Image.Image]:
        """All of them, one after the other."""
        return map(self.image, range(len(self.frames)))


class Following(Image.Image):
    """All images of an animation but the first, as one through which Pillow's writers seek: memory holds one."""

    def __init__(self, animation: Animation) -> None:
        super().__init__()
        self._animation = animation
        self.n_frames = len(animation.frames) - 1

    def seek(self, frame: int) -> None:
        image = self._animation.image(frame + 1)
        self.im, self._mode, self._size = image.im, image.mode, image.size


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
        if image.tell():  # others were looked at before
            image.seek(0)
        image.load()
        yield image, 0
        return
    for number in range(facts.frames):
        image.seek(number)
        image.load()
        yield image.copy(), int(image.info.get("duration") or 0)
