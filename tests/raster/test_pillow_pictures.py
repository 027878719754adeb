"""A sample of the pictures with which Pillow tests itself, out of its source package; none is kept here."""

import random
import subprocess
import sys
import tarfile
from pathlib import Path

import PIL
import pytest

from app.errors import ImageRejected
from app.raster.child import work as child
from app.raster.facts.pixels import fingerprint
from tests.raster.conftest import LIMITS, Build, Write
from tests.raster.pictures import published
from tests.raster.test_source import BROKEN_ANIMATION, REENCODED

_SAMPLE = 60
_LARGEST = 300_000
_KEPT = Path("build/pillow")
"""Where the package stays, so that it is asked for once; 47 MB."""


@pytest.fixture(name="pictures", scope="module")
def _pictures() -> dict[str, bytes]:
    """Another sample each time; the name of a failing one is told."""
    package = _KEPT / f"pillow-{PIL.__version__}.tar.gz"
    if not package.exists():
        _fetch()
    if not package.exists():
        pytest.skip(f"{package} is not there and cannot be had from a package index")
    with tarfile.open(package) as files:
        fit = [one for one in files if "/Tests/images/" in one.name and one.isfile() and one.size <= _LARGEST]
        chosen = {one.name for one in random.sample(fit, min(_SAMPLE, len(fit)))}
        return {one.name: data.read() for one in fit if one.name in chosen and (data := files.extractfile(one))}


def _fetch() -> None:
    """pip keeps the package only if it can also say what it is, for which a compiler's libraries must not be asked."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    without = [word for name in ("jpeg", "zlib") for word in ("--config-settings", f"{name}=disable")]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:", *without]
    try:
        subprocess.run(
            [*command, "--dest", str(_KEPT), f"pillow=={PIL.__version__}"], timeout=60, check=False, capture_output=True
        )
    except subprocess.TimeoutExpired:
        return


@pytest.mark.timeout(300)  # a package of 47 MB may have to be fetched first
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_whatever_pillow_tests_itself_with_is_shown_as_it_is(
    pictures: dict[str, bytes], write: Write, build: Build
) -> None:
    """Refused, or shown pixel for pixel, or noted; and what is accepted can be rendered."""
    accepted = 0
    for name, data in pictures.items():
        try:
            facts = child.run(60, child.inspect, write(data), LIMITS)
        except ImageRejected:
            continue
        accepted += 1
        small = build(data, None, (40, 40))[1]
        assert small.width <= 40 >= small.height, name
        if facts.converted_from or set(facts.notes or ()) & {REENCODED, *BROKEN_ANIMATION}:
            continue
        try:
            before = fingerprint(data, facts.format)
        except Exception:  # what Pillow alone stops at has no pixels to compare
            assert facts.notes is not None, name
            continue
        assert fingerprint(published(data, facts.format), facts.format) == before, name
    assert accepted, f"none of {len(pictures)} was accepted"
