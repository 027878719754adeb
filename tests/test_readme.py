"""What the README says is so."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from app.__main__ import parser
from tests.processes import ROOT, free_port
from tests.readme_settings import README, rewritten

_READY_SECONDS: Final = 180.0


def test_every_setting_is_listed_with_its_default() -> None:
    """The table of settings is the one that `make readme` writes."""
    text = README.read_text(encoding="utf-8")
    assert rewritten(text) == text, "run `make readme`"


def test_every_command_is_listed() -> None:
    """A command that exists has its place in the README."""
    words = re.findall(r"^    ([a-z-]+)\s", parser().format_help(), re.MULTILINE)
    text = README.read_text(encoding="utf-8")
    assert len(words) > 10
    assert [word for word in words if not re.search(rf"`{word}[ `]", text)] == []


def test_every_target_of_the_makefile_explains_itself() -> None:
    """`make help` lists all targets with a sentence."""
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=_without_make(), capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in listed.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in listed.splitlines())


def test_locks_pin_by_hash_and_name_no_host() -> None:
    """Every pinned package has hashes, no lock names an index, and running and testing use the same versions."""
    pins = {
        name: _pins(ROOT / name)
        for name in (
            "requirements.lock",
            "requirements-dev.lock",
            "requirements-installer.lock",
            "requirements-mutants.lock",
        )
    }
    for name in pins:
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("\n    --hash=sha256:") >= len(pins[name]) > 0
    assert pins["requirements.lock"].items() <= pins["requirements-dev.lock"].items()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", lock.read_text(), re.MULTILINE))


def _without_make() -> dict[str, str]:
    """The environment without what a `make` around these tests tells those that it starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone of this working tree would hold."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.timeout(2 * _READY_SECONDS)  # it installs everything, from wherever packages come
async def test_the_first_minute_goes_as_told(clone: Path) -> None:
    """In a fresh clone `make run` installs and serves, every curl of the README works, and Ctrl-C ends it all."""
    port = free_port()
    async with _made_run(clone, port) as printed:
        assert f"Product images at http://127.0.0.1:{port}" in printed
        assert _is_installed(clone)
        given = await _given(clone, port, [*_curls("The first minute"), *_curls("The three APIs")])
        assert '"name":"default"' in given
        assert "Location: /api/rest/products/" in given
        assert (clone / "mug.jpg").read_bytes()[:2] == b"\xff\xd8"
        assert '"id":"mug-large","attributes":{"imageSets":[{"name":"default"' in given
        assert "<label>Von vorn</label>\n  <position>1</position>" in given
        assert '"alt":"From the front"' in given


def _is_installed(clone: Path) -> bool:
    """Whether another `make run` would find nothing to install."""
    up_to_date = ["make", "--question", ".venv/runtime.stamp"]
    return subprocess.run(up_to_date, cwd=clone, env=_without_make(), check=False).returncode == 0


def _curls(section: str) -> list[str]:
    """The blocks of a section that ask the service, and what they need for it."""
    text = README.read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "curl" in block]


async def _given(clone: Path, port: int, blocks: list[str]) -> str:
    """What a shell prints that is given these blocks, each of whose commands has to succeed."""
    script = "\n".join(["set -e -o pipefail", *blocks]).replace("8080", str(port)).replace("curl ", "curl -sS --fail ")
    done = await asyncio.create_subprocess_exec("bash", "-c", script, cwd=clone, stdout=PIPE, stderr=STDOUT)
    given = (await done.communicate())[0].decode()
    assert done.returncode == 0, given
    return given


@asynccontextmanager
async def _made_run(clone: Path, port: int) -> AsyncIterator[str]:
    """What `make run` printed until it was ready; Ctrl-C follows."""
    environ = _without_make() | {"PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        "make", "run", cwd=clone, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    try:
        yield await _until_ready(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGINT)
        rest, _ = await process.communicate()
    assert b"Traceback" not in rest


async def _until_ready(process: Process) -> str:
    assert process.stdout is not None
    printed = ""
    async with asyncio.timeout(_READY_SECONDS):
        while "Demo credentials" not in printed:
            line = await process.stdout.readline()
            assert line, printed
            printed += line.decode()
    return printed
