"""A wheel holds all that the program reads."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGED = ("app", "sql", "pyproject.toml", "README.md", "LICENSE", "NOTICE")


def built_wheel(folder: Path) -> set[str]:
    """The names in a wheel that is built of a copy, since building leaves files beside the source."""
    source = folder / "source"
    source.mkdir()
    for name in PACKAGED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    uv = Path(sys.executable).with_name("uv")
    how = ("--wheel", "--offline", "--quiet", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder)
    subprocess.run([uv, "build", *how], cwd=source, check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


@pytest.mark.timeout(300)  # what builds it is run anew, and reads a thousand files
def test_every_file_of_the_source_is_in_the_wheel(tmp_path: Path) -> None:
    """Whatever lies among the modules, and every SQL file, is in a wheel: a forgotten one is missed where it runs."""
    names = built_wheel(tmp_path)
    beside = {path.relative_to(ROOT).as_posix() for path in (ROOT / "app").rglob("*") if path.is_file()}
    expected = {name for name in beside if "__pycache__" not in name}
    assert expected - names == set()
    sql = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sql").glob("*/*.sql")}
    assert {name for name in sql if not any(one.endswith(f"/share/product-images/{name}") for one in names)} == set()
