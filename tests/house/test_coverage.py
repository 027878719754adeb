"""What `make test COVERAGE=1` says of a small project, and when it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PROJECT = {
    "pyproject.toml": """
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        pythonpath = ["."]
        [tool.slipcover]
        source = "app"
        fail-under = 75.5
        exclude-also = ["never_reached"]
    """,
    "app/__init__.py": "",
    "app/halves.py": "def half(number):\n    if number % 2:\n        raise ValueError\n    return number // 2\n",
    "app/excluded.py": "def never_reached():\n    return 1\n",
    "tests/test_halves.py": "from app.halves import half\n\ndef test_even():\n    assert half(4) == 2\n",
    "tests/test_odd.py": (
        "import pytest\nfrom app.halves import half\n\n"
        "def test_odd():\n    with pytest.raises(ValueError):\n        half(3)\n"
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in _PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("\n        ", "\n") if name.endswith(".toml") else text)
    return tmp_path


def _run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "tests.coverage", "-n", "2", "-q", *words]
    return subprocess.run(
        command, cwd=project, env=environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_lines_that_only_all_processes_together_reach_are_reached(project: Path) -> None:
    """Each test is run by another process, and each reaches what the other does not."""
    done = _run(project)
    assert done.returncode == 0, done.stdout
    assert "100.00 % of 4 lines of app are reached" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 passed in ")


def test_a_suite_that_reaches_too_little_fails(project: Path) -> None:
    (project / "tests" / "test_odd.py").unlink()
    done = _run(project)
    assert done.returncode == 1, done.stdout
    assert "75.00 % of 4 lines of app are reached" in done.stdout
    assert "1 of     4 lines are not reached of app/halves.py" in done.stdout
    assert "app/halves.py" in (project / "build" / "coverage.txt").read_text()
    assert done.stdout.splitlines()[-1].startswith("1 passed in ")


def test_a_part_of_the_suite_need_not_reach_all(project: Path) -> None:
    done = _run(project, "tests/test_halves.py")
    assert done.returncode == 0, done.stdout
    assert "75.00 % of 4 lines of app are reached" in done.stdout
