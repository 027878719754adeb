"""What a running service gives away to the children that decode: nothing, in web and in worker."""

import asyncio
import os
from pathlib import Path

import pytest

from app.db.pool import Database
from tests.e2e.conftest import SECRET_KEY, eventually, provision
from tests.e2e.test_crashes import post
from tests.pictures import encoded, picture
from tests.processes import running, serving

SECRET = "a-password-that-no-child-may-see"


def children(parent: int) -> list[Path]:
    """The codec children of a process, as the kernel shows them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_child = int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and b"app.raster.child.work" in (folder / "cmdline").read_bytes():
                found.append(folder)
        except OSError:
            continue
    return found


def gives_nothing_away(child: Path) -> bool:
    """Whether a child has shut itself in, and has nothing secret from its start on."""
    status = dict(line.split(":\t", 1) for line in (child / "status").read_text().splitlines() if ":\t" in line)
    if status["Seccomp"] != "2":  # it has only begun
        return False
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapEff"], 16) == 0
    if os.geteuid() == 0:  # others may not even look
        assert "0" not in status["Uid"].split()
        environment = (child / "environ").read_bytes()
        assert environment
        assert not any(word.encode() in environment for word in (SECRET, SECRET_KEY, "DATABASE_URL"))
    return True


@pytest.mark.timeout(240)  # two services start in it
async def test_children_of_web_and_worker_give_nothing_away(database: Database, tmp_path: Path) -> None:
    """With secrets in the environment of both, their children have none, no rights and another user."""
    admin, _ = await provision(database)
    place = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY}
    place |= {"AWS_SECRET_ACCESS_KEY": SECRET, "RUN_WORKER": "false"}
    async with serving(**place) as (base, web), running("worker", **place) as worker:
        status, _ = await post(base, admin, encoded(picture(300, 200)))
        assert status == 200
        for process in (web, worker):

            async def is_shut_in(pid: int = process.pid) -> bool:
                found = await asyncio.to_thread(children, pid)
                return bool(found) and all(gives_nothing_away(child) for child in found)

            await eventually(is_shut_in, seconds=60)
