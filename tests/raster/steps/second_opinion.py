"""Edited renditions beside those that libvips and sharp make by themselves, of pictures whose pixels tell where they
come from.

`python -m tests.raster.steps.second_opinion 500` compares that many with libvips; the suite takes a few of them.
"""

import io
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image, ImageSequence

from app.model import Facts, Fit, Format, Recipe
from app.raster.child import work as child
from app.raster.facts.limits import Limits
from app.raster.published import NOTHING
from app.raster.steps.edit import Degrees, Edit
from app.raster.steps.view import view_of
from tests.raster.pictures import PILLOW_NAMES

_LIMITS = Limits(pixels=4_000_000, total_pixels=40_000_000, frames=10)
_TURNS: tuple[Degrees, ...] = (0, 90, 180, 270)
_FORMATS: tuple[Format, ...] = ("jpeg", "png", "webp", "gif")
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Case:
    """A picture of `size` in a format, with an orientation and so many frames; its edit, and the box for it, which it
    lies in or covers."""

    size: tuple[int, int]
    fmt: Format
    orientation: int
    frames: int
    alpha: bool
    edit: Edit
    box: tuple[int, int]
    fit: Fit = "inside"

    @property
    def left(self) -> tuple[int, int]:
        """What the edit leaves of it, in pixels."""
        return view_of(Facts(self.fmt, *self.size, orientation=self.orientation), self.edit).size


def cases(count: int) -> Iterator[Case]:
    """Always the same ones, each of another sort than the one before."""
    dice = random.Random(22)
    for number in range(count):
        fmt = _FORMATS[number % 4]
        left, top = dice.choice((0.0, 0.25, round(dice.uniform(0, 0.5), 6))), round(dice.uniform(0, 0.5), 6)
        crop = (
            left,
            top,
            round(dice.uniform(0.3, 1 - left), 6),
            dice.choice((1 - top, round(dice.uniform(0.3, 1 - top), 6))),
        )
        yield Case(
            size=(dice.randrange(90, 700), dice.randrange(90, 700)),
            fmt=fmt,
            orientation=dice.randrange(1, 9) if fmt != "gif" else 1,
            frames=dice.choice((1, 3)) if fmt in ("webp", "gif") else 1,
            alpha=fmt in ("png", "webp") and dice.random() < 0.5,
            edit=Edit(dice.choice(_TURNS), dice.choice((None, crop, crop))),
            box=(dice.randrange(40, 800), dice.randrange(40, 800)),
        )


def _ramps(case: Case) -> Image.Image:
    """Red grows across and green down, by about as much as fits a byte; blue is the same everywhere."""
    width, height = case.size
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    bands = [across, down, np.full_like(across, 128)] + ([np.full_like(across, 255) - across / 2] if case.alpha else [])
    return Image.fromarray(np.stack(bands, axis=-1).round().astype(np.uint8))


def file_of(case: Case) -> bytes:
    target, image = io.BytesIO(), _ramps(case)
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = case.orientation
    options = {"exif": exif} if case.fmt != "gif" else {}
    if case.frames > 1:
        options |= {
            "save_all": True,
            "append_images": [image.point(lambda v, n=n: max(0, v - 9 * n)) for n in range(1, case.frames)],
        }
    if case.fmt == "jpeg":
        options |= {"quality": 100, "subsampling": "4:4:4"}
    if case.fmt == "webp":
        options |= {"lossless": True, "exact": True}
    image.save(target, PILLOW_NAMES[case.fmt], **options)
    return target.getvalue()


def by_libvips(data: bytes, case: Case) -> np.ndarray:
    """The first frame: upright, turned, cropped, shrunk."""
    image = pyvips.Image.new_from_buffer(data, "").autorot()
    if case.edit.rotate:
        image = image.rot(f"d{case.edit.rotate}")
    if case.edit.crop:
        left, top, width, height = case.edit.crop
        x, y = round(left * image.width), round(top * image.height)
        right, bottom = round((left + width) * image.width), round((top + height) * image.height)
        image = image.crop(x, y, right - x, bottom - y)
    return image.thumbnail_image(case.box[0], height=case.box[1], size="down").numpy()


def complaints(case: Case, folder: Path, theirs: Sequence[np.ndarray]) -> list[str]:
    """In what ours differs from theirs, of which there are some frames, by more than a pixel."""
    path = folder / "picture"
    path.write_bytes(file_of(case))
    target: Format = "webp" if case.frames > 1 else "png"
    recipe = Recipe("r", case.box, quality={"webp": 100}, fit=case.fit)
    (made,) = child.build(path, _LIMITS, [recipe], [target], NOTHING, case.edit)
    with Image.open(io.BytesIO(made.data)) as image:
        frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    height, width = theirs[0].shape[:2]
    if abs(made.width - width) > 1 or abs(made.height - height) > 1:
        return [f"{made.width} x {made.height}, not {width} x {height}: {case}"]
    if len(frames) != case.frames or any(frame.size != (made.width, made.height) for frame in frames):
        return [f"{len(frames)} frames, not {case.frames}: {case}"]
    bands = {0: "across", 1: "down"} | ({3: "in opacity"} if case.alpha else {})
    return [
        one
        for ours, other in zip(frames, theirs, strict=False)
        for band, name in bands.items()
        for one in _apart(name, np.asarray(ours.resize((width, height)))[..., band], other[..., band], case)
    ]


def _apart(name: str, ours: np.ndarray, theirs: np.ndarray, case: Case) -> list[str]:
    """On the average of each of sixteen parts, which leaves nothing of what codecs and palettes do to single pixels: a
    part that lies a pixel beside its place is lighter or darker by the rise of the ramp."""
    height, width = theirs.shape
    shrunk = max(1.0, min(case.left[0] / width, case.left[1] / height))
    most = 255 / min(case.size) * shrunk + 1
    differs = np.abs(_parts(ours) - _parts(theirs)).max()
    return [f"{differs:.1f} levels {name}, {most:.1f} at most: {case}"] if differs > most else []


def _parts(band: np.ndarray) -> np.ndarray:
    height, width = (side // 4 for side in band.shape)
    return band[: 4 * height, : 4 * width].reshape(4, height, 4, width).mean(axis=(1, 3))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        wrong = [
            one
            for case in cases(int(sys.argv[1]))
            for one in complaints(case, Path(place), [by_libvips(file_of(case), case)])
        ]
    sys.exit("\n".join(wrong) or None)
