import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.db.connections.connect import answers
from app.embedded.cluster import Cluster
from app.errors import Misconfigured
from tests.conftest import FAST


def _no_version(folder: Path) -> None:
    (folder / "PG_VERSION").unlink()


def _strange_version(folder: Path) -> None:
    (folder / "PG_VERSION").write_bytes(b"\xff\x00")


def _no_control_file(folder: Path) -> None:
    (folder / "global" / "pg_control").unlink()


def _empty_control_file(folder: Path) -> None:
    (folder / "global" / "pg_control").write_bytes(b"")


def _wrong_control_file(folder: Path) -> None:
    (folder / "global" / "pg_control").write_bytes(b"\x17" * 8192)


def _no_log_of_writes(folder: Path) -> None:
    shutil.rmtree(folder / "pg_wal")


def _broken_settings(folder: Path) -> None:
    (folder / "postgresql.conf").write_text("not a setting\n")


@pytest.mark.parametrize(
    "damage",
    [
        _no_version,
        _strange_version,
        _no_control_file,
        _empty_control_file,
        _wrong_control_file,
        _no_log_of_writes,
        _broken_settings,
    ],
)
async def test_a_damaged_folder_gets_one_sentence(data_dir: Path, damage: Callable[[Path], None]) -> None:
    """A damaged data directory is refused in a line that names the folder and the log; nothing is left running."""
    damage(data_dir / "postgres")
    cluster = Cluster(data_dir, FAST)

    with pytest.raises(Misconfigured) as refusal:
        await cluster.start()

    reason = refusal.value.reason
    assert str(data_dir / "postgres") in reason
    assert str(data_dir / "postgres.log") in reason
    assert "\n" not in reason
    assert cluster.pid is None


async def test_another_postgres_folder_is_refused(data_dir: Path) -> None:
    """A data directory of another version of Postgres is refused with both versions."""
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(Misconfigured, match="made by Postgres 12; Postgres 1"):
        await Cluster(data_dir, FAST).start()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A data directory that lies below a file is refused."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="cannot be created"):
        await Cluster(tmp_path / "file" / "var", FAST).start()


async def test_a_half_made_folder_is_made_again(memory: Path) -> None:
    """What a crash left of a first start is removed, and Postgres is set up."""
    data_dir = memory / "crashed"
    (data_dir / "postgres.new-1").mkdir(parents=True)
    (data_dir / "postgres.new-1" / "PG_VERSION").write_text("18\n")
    cluster = Cluster(data_dir, FAST)

    await cluster.start()
    await cluster.stop()

    assert not list(data_dir.glob("postgres.new-*"))


async def test_a_stale_number_is_no_sign_of_life(data_dir: Path) -> None:
    """A process number left behind, which another process has by now, does not keep Postgres from starting."""
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n")
    cluster = Cluster(data_dir, FAST)

    await cluster.start()

    assert await answers(cluster.dsn)
    await cluster.stop()


async def test_a_long_path_gets_a_short_socket(data_dir: Path) -> None:
    """Below a path too long for a socket Postgres works all the same, over a private folder elsewhere."""
    deep = data_dir / ("deep" * 25)
    shutil.copytree(data_dir / "postgres", deep / "postgres")
    cluster = Cluster(deep, FAST)

    await cluster.start()

    socket_folder = _short_folder(deep)
    assert str(socket_folder) in cluster.dsn
    assert socket_folder.stat().st_mode & 0o077 == 0
    assert await answers(cluster.dsn)
    await cluster.stop()
    assert not socket_folder.exists()


async def test_a_socket_folder_of_somebody_elses_is_refused(data_dir: Path) -> None:
    """A folder of the socket's name that others may enter is not used."""
    deep = data_dir / ("deep" * 25)
    shutil.copytree(data_dir / "postgres", deep / "postgres")
    folder = _short_folder(deep)
    folder.mkdir(mode=0o755)

    try:
        with pytest.raises(Misconfigured, match="not a private folder"):
            await Cluster(deep, FAST).start()
    finally:
        folder.rmdir()


def _short_folder(data_dir: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(data_dir / "postgres")).hexdigest()[:16]
    return Path(os.environ.get("TMPDIR", "/tmp")) / f"product-images-{digest}"


def test_a_full_disk_is_told_before_what_follows_from_it(tmp_path: Path) -> None:
    """Where Postgres ends for want of room, the want of room is reported and not the panic that it led to."""
    cluster = Cluster(tmp_path)
    cluster.log.write_text(
        'ERROR:  could not extend file "base/1/2": No space left on device\n'
        "HINT:  Check free disk space.\nPANIC:  cannot abort transaction 1, it was already committed\n"
    )
    assert cluster._last_words(0) == "No space left on device"
