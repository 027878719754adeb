"""Whoever takes over a decoder is shut in with one picture: no secret, no file, no socket, no program."""

import os
import pickle
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.errors import CodecFailed, CodecsUnavailable
from app.events import CodecChildLost, Event
from app.model import Facts, Format, Recipe
from app.raster.child import wire
from app.raster.child.pool import CodecPool
from app.settings import Settings
from tests.raster.pictures import PILLOW_NAMES, encoded, photo
from tests.tmpfs import filled, small_disc

SECRET = "postgresql://images:a-secret-of-this-test@db/images"

TRIES = {
    "reads a secret file": "open('{secret}').read()",
    "lists a folder": "__import__('os').listdir('/')",
    "reads its parent's environment": "open('/proc/{parent}/environ').read()",
    "reads its parent's memory": "open('/proc/{parent}/mem', 'rb').read(1)",
    "writes a file": "open('{folder}/written', 'w')",
    "writes into a file that it was given": "__import__('os').truncate('{secret}', 0)",
    "makes a folder": "__import__('os').mkdir('{folder}/made')",
    "removes a file": "__import__('os').unlink('{secret}')",
    "lays a file into memory": "__import__('os').memfd_create('m')",
    "opens a socket": "__import__('socket').socket()",
    "opens a unix socket": "__import__('socket').socket(__import__('socket').AF_UNIX)",
    "makes a pair of sockets": "__import__('socket').socketpair()",
    "starts a program": "__import__('os').execv('/bin/true', ['true'])",
    "starts a process": "__import__('os').fork()",
    "starts a program as a library would": "__import__('os').posix_spawn('/bin/true', ['true'], {{}})",
    "signals its parent": "__import__('os').kill({parent}, 0)",
    "signals everybody": "__import__('os').kill(-1, 0)",
    "looks into another process": "__import__('os').pidfd_open({parent})",
    "changes its user": "__import__('os').setuid(0)",
    "leaves its root": "__import__('os').chroot('/')",
    "asks for more files": "__import__('resource').setrlimit(7, (4096, 4096))",
    "asks for files that may grow": "__import__('resource').setrlimit(1, (-1, -1))",
}


def seen(pid: int, name: str) -> str:
    """What the kernel shows of a process."""
    return Path(f"/proc/{pid}/{name}").read_text(errors="replace")


@pytest.fixture(name="pool")
async def _pool(monkeypatch: pytest.MonkeyPatch, reported: list[Event]) -> AsyncIterator[CodecPool]:
    monkeypatch.setenv("DATABASE_URL", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    pool = CodecPool(Settings(codec_processes=1), reported.append)
    yield pool
    await pool.close()


@pytest.mark.parametrize("what", TRIES)
async def test_a_child_may_not(pool: CodecPool, tmp_path: Path, what: str) -> None:
    """Each of these is refused to a child, which goes on living and serves the next picture."""
    secret = tmp_path / "secret_key"
    secret.write_text(SECRET)
    program = TRIES[what].format(secret=secret, folder=tmp_path, parent=os.getpid())
    with pytest.raises((CodecsUnavailable, CodecFailed), match=r"PermissionError|OSError|ValueError|exit status"):
        await pool.run(eval, program)
    assert os.listdir(tmp_path) == ["secret_key"]  # noqa: PTH208
    assert secret.read_text() == SECRET
    assert await pool.run(len, "next") == 4


async def test_nothing_secret_is_in_a_childs_environment(pool: CodecPool) -> None:
    """Neither where Python keeps it nor where the kernel shows it; nor on its command line."""
    names = await pool.run(eval, "sorted(__import__('os').environ)")
    assert set(names) <= {"LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "TZ"}
    pid = await pool.run(os.getpid)
    if os.geteuid() == 0:  # others may not even look
        assert SECRET not in seen(pid, "environ")
    assert SECRET not in seen(pid, "cmdline")
    assert SECRET not in await pool.run(eval, "repr([value for value in __import__('os').environ.values()])")


async def test_a_child_has_given_everything_up(pool: CodecPool) -> None:
    """Its limits, its capabilities and its user, as the kernel tells them."""
    pid = await pool.run(os.getpid)
    status = dict(line.split(":\t", 1) for line in seen(pid, "status").splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["Threads"] == "1"
    if os.geteuid() == 0:
        assert "0" not in status["Uid"].split()
        assert status["Groups"].strip() == ""
    limits = {
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_AS: (Settings().codec_memory_bytes, Settings().codec_memory_bytes),
    }
    if os.geteuid() == 0:
        limits[resource.RLIMIT_NPROC] = (64, 64)
    for limit, expected in limits.items():
        assert await pool.run(resource.getrlimit, limit) == expected


async def test_a_child_holds_nothing_but_its_line(pool: CodecPool) -> None:
    """Its open files are the line to the service, the watch over it, and /dev/null."""
    await pool.run(len, "")
    pid = await pool.run(os.getpid)
    files = {os.readlink(f"/proc/{pid}/fd/{name}").partition(":")[0] for name in os.listdir(f"/proc/{pid}/fd")}  # noqa: PTH115, PTH208
    assert files == {"socket", "pipe", "/dev/null"}


async def test_all_walls_are_told(pool: CodecPool) -> None:
    """What a child found to hold is reported by name; here everything that needs no privilege does."""
    held = await pool.contained()
    assert {name for name, holds in held.items() if holds} >= {
        "environment",
        "privileges",
        "files",
        "network",
        "programs",
        "seccomp",
    }


async def test_every_format_works_in_there(pool: CodecPool, tmp_path: Path) -> None:
    """All formats are inspected, cleaned and made into each other by a child that can open nothing: whatever a codec
    looks for late, it has already."""
    formats: tuple[Format, ...] = ("jpeg", "png", "gif", "webp", "avif")
    path = tmp_path / "picture"
    for fmt in PILLOW_NAMES:
        path.write_bytes(encoded(photo(200, 120), fmt))
        assert (await pool.inspect(path)).format == fmt
        before = await pool.run(eval, "sorted(__import__('sys').modules)")
        made = await pool.build(path, [Recipe("small", (50, 50)), Recipe("clean", None)], formats)
        assert [one.format for one in made if one.recipe.box] == list(formats)
        assert await pool.run(eval, "sorted(__import__('sys').modules)") == before


async def test_tiff_works_in_there(pool: CodecPool, tmp_path: Path) -> None:
    """A picture that the public gets in another format is encoded by Pillow, which asks where it is."""
    path = tmp_path / "picture"
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg"):
        photo(64, 48).save(path, "TIFF", compression=compression)
        assert (await pool.inspect(path)).format in {"png", "jpeg"}
        assert len(await pool.build(path, [Recipe("small", (20, 20)), Recipe("clean", None)], ["jpeg", "avif"])) == 3


async def test_a_picture_of_several_is_still_a_jpeg(pool: CodecPool, tmp_path: Path) -> None:
    """Cameras put a second picture behind the first, for which Pillow has a module of its own."""
    path = tmp_path / "picture"
    photo(64, 48).save(path, "MPO", save_all=True, append_images=[photo(64, 48)])
    assert (await pool.inspect(path)).format == "jpeg"
    assert await pool.build(path, [Recipe("small", (20, 20)), Recipe("clean", None)])
    with Image.open(path) as image:
        assert image.format == "MPO"


def answer_of(data: bytes) -> Any:
    """What the service makes of these bytes from a child."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(len(data).to_bytes(8, "big") + data)
        there.close()
        return wire.hear_answer(here, 1 << 20)


class Malice:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


@pytest.mark.parametrize(
    "given",
    [
        pickle.dumps(Malice()),
        pickle.dumps((True, Malice())),
        pickle.dumps(subprocess.run),
        pickle.dumps(Path("/")),
        pickle.dumps(eval),
        b"cos\nsystem\n(S'true'\ntR.",
        b"capp.model\nhashlib.sha256\n.",
        b"capp.errors\n__builtins__\n.",
        b"capp.model\nclamp_position\n.",
        b"\x80\x05capp.model\nFacts.__init__\n.",
        b"rubbish",
        b"",
    ],
)
def test_what_a_child_says_calls_nothing(given: bytes) -> None:
    """Bytes that pickle would turn into calls are refused before anything is called."""
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        answer_of(given)


def test_what_a_child_says_has_an_end() -> None:
    """An answer that announces more than it may have is not waited for, and none that breaks off."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall((1 << 40).to_bytes(8, "big"))
        with pytest.raises(pickle.UnpicklingError):
            wire.hear_answer(here, 1 << 20)
    with pytest.raises(EOFError):
        answer_of(b"")


def test_nouns_and_errors_arrive_as_they_were_sent() -> None:
    """Facts, renditions, recipes and errors with all that belongs to them survive the way."""
    facts = Facts("png", 3, 2, 1, 6, has_alpha=True)
    for value in (
        facts,
        Recipe("large", (3, 3), quality={"jpeg": 80}),
        [1, "two", b"three", (4.0, None)],
        {"a": {1, 2}},
    ):
        assert answer_of(pickle.dumps(value)) == value


async def test_a_child_that_says_what_no_child_says_is_ended(pool: CodecPool, reported: list[Event]) -> None:
    """A child that is not its own master any more is killed, and its picture refused."""
    with pytest.raises(CodecFailed):
        await pool.run(eval, "__import__('pathlib').PurePosixPath('/')")
    assert [event.why for event in reported if isinstance(event, CodecChildLost)] == ["crash", "crash"]


async def test_children_start_where_no_folder_can_be_made(reported: list[Event]) -> None:
    """A full disc takes a wall away at most, and none that matters."""
    with small_disc(1 << 20) as disc, filled(disc, leaving=0):
        pool = CodecPool(Settings(codec_processes=1), reported.append)
        held = await pool.contained()
        await pool.close()
    assert held["files"]


PROGRAM = """
import asyncio, os, sys
from app.raster.child.pool import CodecPool
from app.settings import Settings

async def main():
    pool = CodecPool(Settings(codec_processes=1))
    held = await pool.contained()
    for program in sys.argv[1:]:
        try:
            print("ALLOWED", program, await pool.run(eval, program))
        except Exception as error:
            pass
    await pool.close()
    print(*sorted(name for name, holds in held.items() if holds))

asyncio.run(main())
"""


_CAN_START_ITSELF = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", ""], check=True)
assert sys.version_info[:2] == {sys.version_info[:2]}
"""


@pytest.fixture(name="python")
def _python() -> Iterator[list[str]]:
    """A Python that a plain user may run with this one's packages; root's own may lie where nobody else can go."""
    for python in (sys.executable, "/usr/bin/python3"):
        words = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", python]
        if subprocess.run([*words, "-c", _CAN_START_ITSELF], check=False).returncode == 0:
            yield words
            return
    pytest.skip("no Python 3.11 that a plain user may run, or no setpriv (Debian: util-linux)")


def test_a_plain_users_child_is_shut_in_as_well(python: list[str], tmp_path: Path) -> None:
    """Who is not root, and has no user to spare, has all walls that matter all the same."""
    tries = [TRIES[what].format(secret=Path(__file__), folder="/tmp", parent=1) for what in TRIES]
    environment = {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    done = subprocess.run([*python, "-c", PROGRAM, *tries], env=environment, capture_output=True, text=True, check=True)
    assert "ALLOWED" not in done.stdout
    assert {"environment", "files", "network", "privileges", "programs", "seccomp"} <= set(done.stdout.split())
