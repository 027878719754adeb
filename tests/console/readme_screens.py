"""The README's pictures of the console, made small of those in build/screens."""

from pathlib import Path
from typing import Final

from PIL import Image

from tests.processes import ROOT

SHOWN: Final = ("start-1280-light", "products-1280-light", "product-1280-dark", "image-390-light")
FOLDER: Final = ROOT / "docs" / "screens"
MOST_BYTES: Final = 30_000
_WIDTH: Final = 800


def shrink(source: Path, target: Path) -> None:
    """At most 800 pixels wide, and few bytes."""
    with Image.open(source) as picture:
        small = picture.convert("RGB")
        small.thumbnail((_WIDTH, 10 * _WIDTH), Image.Resampling.LANCZOS)
        small.save(target, "WEBP", quality=60, method=6)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        shrink(ROOT / "build" / "screens" / f"{name}.png", FOLDER / f"{name}.webp")
