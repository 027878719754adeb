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


def _run(project: Path, *words: str, processes: int = 1) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environ |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # some take a second to load
    plugins = [word for name in ("xdist", "rerunfailures", "tests.coverage") for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", *plugins, "-n", str(processes), "-q", *words]
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)


def test_lines_that_only_all_processes_together_reach_are_reached(project: Path) -> None:
    """Each test is run by another process, and each reaches what the other does not."""
    done = _run(project, processes=2)
    assert done.returncode == 0, done.stdout
    assert "100.00 % of 4 lines of app are reached" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 passed in ")


def test_a_suite_that_reaches_too_little_fails(project: Path) -> None:
    (project / "tests" / "test_odd.py").unlink()
    done = _run(project)
    assert done.returncode == 1, done.stdout
    assert "TOO LITTLE: 75.00 % of 4 lines of app are reached" in done.stdout
    assert "1 of     4 lines are not reached of app/halves.py" in done.stdout
    assert "app/halves.py" in (project / "build" / "coverage.txt").read_text()
    assert done.stdout.splitlines()[-1].startswith("1 passed in ")


def test_a_part_of_the_suite_need_not_reach_all(project: Path) -> None:
    done = _run(project, "tests/test_halves.py")
    assert done.returncode == 0, done.stdout
    assert "75.00 % of 4 lines of app are reached" in done.stdout


def test_what_a_killed_process_reached_is_not_missed(project: Path) -> None:
    """The run fails or not as its tests do: here the killed one was run again, and passed."""
    (project / "tests" / "test_odd.py").write_text(
        "import os, pathlib\n\n"
        "def test_killed_once():\n"
        "    if not (once := pathlib.Path('once')).exists():\n"
        "        once.touch()\n"
        "        os.kill(os.getpid(), 9)\n"
    )
    done = _run(project, "--reruns", "1")
    assert done.returncode == 0, done.stdout
    assert "a process was killed, and what it had reached is not known" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 passed, 1 rerun in ")
