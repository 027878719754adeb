"""How much time a picture may take: a still as much as any other, an animation by its frames and pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.model import Facts, Recipe
from app.raster.steps.frame import box_for

_STEP: Final = 4_000_000
"""Pixels of an animation, over all frames, for which there is as much time again. They take 1 to 3 s in GIF or WebP."""

_PATIENCE: Final = 3
"""How many times its processor time a task may take on the clock: the machine may have much else to do."""
_PATIENCE_OF_JOBS: Final = 10
"""The same where nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Most seconds of a processor, and on the clock."""

    processor: int
    clock: int


def pixels_of(facts: Facts) -> int:
    """Over all frames."""
    return facts.width * facts.height * facts.frames


def pixels_by(recipe: Recipe, frames: int, pixels: int) -> int:
    """Over all frames, at most, of what is written by a recipe of a picture with so many: as many, or as a canvas has
    on which each frame lies."""
    if recipe.box is None or recipe.fit != "pad" or frames == 1:
        return pixels
    width, height = box_for(recipe, frames)
    return max(pixels, width * height * frames)


def held_at_once(facts: Facts) -> int:
    """Pixels that whoever looks at a picture has in memory: frames are decoded one after the other, each upon the one
    before it. Only where it has to be encoded anew are there more, which the child's own memory bounds."""
    return facts.width * facts.height * min(facts.frames, 2)


def is_large(frames: int, pixels: int) -> bool:
    """Whether it is an animation that may take minutes: of so many pixels, or as many are to be written."""
    return frames > 1 and pixels > _STEP


def of_still(seconds: int) -> Allowance:
    """Of a picture that does not move, or of a look at the head of any, with so many seconds of a processor."""
    return Allowance(seconds, _on_clock(seconds, _PATIENCE))


def of_inspection(seconds: int, facts: Facts) -> Allowance:
    """Of a picture every frame of which is decoded; `seconds` are those of a still."""
    processor = _processor_seconds(seconds, facts, pixels_of(facts))
    return Allowance(processor, _on_clock(processor, _PATIENCE))


def of_building(seconds: int, facts: Facts, pixels: int, *, waited_for: bool) -> Allowance:
    """Of a picture that is decoded, and of which renditions are written that have so many `pixels` together. Somebody
    who waits for it does not wait longer than for a still: a job will build it."""
    processor = _processor_seconds(seconds, facts, max(pixels_of(facts), pixels))
    return Allowance(processor, of_still(seconds).clock if waited_for else _on_clock(processor, _PATIENCE_OF_JOBS))


def shares(frames: int, pixels: int, recipes: Sequence[Recipe]) -> list[Sequence[Recipe]]:
    """What is built from one decode: of a large animation each recipe for itself, so that one that is ended costs no
    other one, and memory holds one animation at a time."""
    if is_large(frames, max((pixels_by(recipe, frames, pixels) for recipe in recipes), default=pixels)):
        return [[recipe] for recipe in recipes]
    return [recipes] if recipes else []


def _processor_seconds(seconds: int, facts: Facts, pixels: int) -> int:
    return seconds if facts.frames == 1 else seconds + seconds * pixels // _STEP


def _on_clock(processor: int, patience: int) -> int:
    return patience * (processor + 1)  # the kernel counts whole seconds
