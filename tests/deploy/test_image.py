"""deploy/try-image: how it reads the Dockerfile; the whole of it takes minutes, and is `make try-image`."""

import runpy
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = ROOT / "deploy" / "try-image"
TRY: Final[dict[str, Any]] = runpy.run_path(str(SCRIPT))


def test_the_file_is_read_step_by_step() -> None:
    """Stages by name, comments left out, lines that go on joined."""
    build, last = TRY["stages_of"]((ROOT / "Dockerfile").read_text())
    assert (build.base, build.name, last.name) == ("python:3.11-slim", "build", "")
    words = [word for word, _ in last.steps]
    assert words[0] == "RUN"
    assert words[-2:] == ["ENTRYPOINT", "CMD"]
    assert ("USER", "images") in last.steps
    [first, *_] = [rest for word, rest in build.steps if word == "RUN"]
    assert "\\" not in first
    assert first.startswith("python -m venv")


def test_an_instruction_that_it_does_not_know_ends_it() -> None:
    """Nothing of the file is passed over."""
    with pytest.raises(ValueError, match="HEALTHCHECK"):
        TRY["stages_of"]("FROM scratch\nHEALTHCHECK NONE\n")
