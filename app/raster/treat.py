"""The treatment of a picture as a list of steps: decode once, shrink, turn, convert colours, encode."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from PIL import GifImagePlugin, Image

from app.model import Facts, Format, Recipe, Rendered
from app.raster.animation.frames import MOVING, Animation, frames_of, moves, plays_of
from app.raster.buffer import File
from app.raster.colour.srgb import plain, to_srgb
from app.raster.converted import Converted
from app.raster.encode import encode
from app.raster.marks.model import Marks
from app.raster.marks.packet import packet
from app.raster.orient import Size, oriented, upright
from app.raster.shrink import draft, fitted, resized
from app.raster.source import Keep, Source, source_of

_REUSE: Final = 2
"""A rendition is made from a larger one that has at least this many times its sides: 54 dB PSNR in a full Lanczos."""

_FULL_MARKS: Final = 100
"""Pixels of the longer side below which a rendition says only how the picture was made."""

_Planned = tuple[Recipe, Format, Size | None]
"""One rendition; without a size it is the cleaned original."""


def treat(
    file: File, facts: Facts, recipes: Sequence[Recipe], formats: Sequence[Format], keep: Keep
) -> Iterator[Rendered]:
    """Every recipe in every format; a recipe without a box gives the cleaned original in its own format, which also
    takes the place of an animated GIF that could only be larger than it.

    A JPEG that ends inside its scans was accepted knowingly and is shown as far as it goes.
    """
    plan = list(_planned(facts, recipes, formats))
    with source_of(file, facts, keep) as source:
        encoded = _encoded(source, facts, plan)
        for number, (recipe, fmt, size) in enumerate(plan):
            data = encoded.get(number)
            if size is None or data is None:
                marks = source.marks if recipe.box is None else _shown_at((facts.width, facts.height), source.marks)
                yield Rendered(recipe, facts.format, facts.width, facts.height, source.public(marks))
            else:
                yield Rendered(recipe, fmt, *size, data)


def _planned(facts: Facts, recipes: Sequence[Recipe], formats: Sequence[Format]) -> Iterator[_Planned]:
    whole = oriented((facts.width, facts.height), facts.orientation)
    for recipe in recipes:
        if recipe.box is None:
            yield recipe, facts.format, None
            continue
        size = fitted(whole, recipe.box)
        for fmt in formats:
            untouched = fmt == facts.format == "gif" and size == whole  # encoding its palettes again could only lose
            yield recipe, fmt, None if untouched else size


def _encoded(source: Source | Converted, facts: Facts, plan: Sequence[_Planned]) -> dict[int, bytes | None]:
    """What must be drawn of `plan`, by its place there; a second thread encodes while the next size is made."""
    sizes = {size for _, _, size in plan if size}
    if not sizes:
        return {}
    futures: dict[int, Future[bytes | None]] = {}
    most = len(source.data) if isinstance(source, Source) and facts.format == "gif" else None
    still = all(size and fmt not in MOVING for _, fmt, size in plan)  # then the first frame is enough
    with ThreadPoolExecutor(1) as second, decoded(source, facts, sizes) as image:
        profile = source.profile(image)
        for done, animation in finished(image, replace(facts, frames=1) if still else facts, sizes, profile, second):
            for number, (recipe, fmt, size) in enumerate(plan):
                if size == done:
                    said = packet(_shown_at(size, source.marks))
                    futures[number] = second.submit(encode, animation, fmt, recipe.quality, said, most)
        return {number: future.result() for number, future in futures.items()}


def _shown_at(size: Size, marks: Marks) -> Marks:
    """Those of a picture that a rendition of this size carries."""
    return marks if max(size) >= _FULL_MARKS else marks.brief


def finished(
    image: Image.Image, facts: Facts, sizes: set[Size], profile: bytes | None, second: Executor
) -> Iterator[tuple[Size, Animation]]:
    """The picture in each of `sizes` as soon as it is complete, upright and in sRGB, from one decode of each frame."""
    animations = {size: Animation(plays_of(image, facts.format), indexed=image.mode == "P") for size in sizes}
    frames = facts.frames if moves(facts) else 1
    for number, (frame, milliseconds) in enumerate(frames_of(image, facts), start=1):
        for size, small in shrunk(frame, facts, sizes, profile, second):
            animations[size].frames.append(small.copy() if small is image else small)  # encoders would ask the file
            animations[size].milliseconds.append(milliseconds)
            if number == frames:
                yield size, animations[size]


@contextmanager
def decoded(source: Source | Converted, facts: Facts, sizes: set[Size]) -> Iterator[Image.Image]:
    """The picture as it is stored, ready to be decoded at least as large as `sizes` need."""
    largest = (max(width for width, _ in sizes), max(height for _, height in sizes))
    GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_ALWAYS
    with source.opened() as image:
        draft(image, oriented(largest, facts.orientation))
        yield image


def shrunk(
    frame: Image.Image, facts: Facts, sizes: set[Size], profile: bytes | None, second: Executor
) -> Iterator[tuple[Size, Image.Image]]:
    """One frame in each of `sizes`: the largest from the decoded pixels, small ones from larger ones."""
    pixels = plain(frame)
    made: dict[Size, Image.Image] = {}
    for size in sorted(sizes, key=lambda size: -size[0] * size[1]):
        source = _large_enough(made, size)
        if source is not None:
            made[size] = resized(source, size, gap=None)
        else:
            small = resized(pixels, oriented(size, facts.orientation), second=None if made else second)
            made[size] = to_srgb(upright(small, facts.orientation), profile)
        yield size, made[size]


def _large_enough(made: dict[Size, Image.Image], size: Size) -> Image.Image | None:
    """The smallest finished picture from which `size` can be made without visible loss."""
    fit = [done for done in made if done[0] >= _REUSE * size[0] and done[1] >= _REUSE * size[1]]
    return made[min(fit)] if fit else None
