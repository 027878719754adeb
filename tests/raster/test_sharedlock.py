"""The lock that codec children share: nothing of it outlives them, and a dead holder holds nothing."""

import os
import signal
import sys
import time
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread

from app.raster.launch import Launcher
from app.raster.sharedlock import SharedLock

HOUR = 3600


def hold(lock: SharedLock, told: Connection) -> None:
    """What a child does: takes the lock twice, gives it back once, and stays."""
    lock.acquire()
    lock.acquire()
    lock.release()
    told.send("held")
    time.sleep(HOUR)


def test_a_lock_held_elsewhere_is_free_once_its_holder_is_killed() -> None:
    """Another process keeps us out for as long as it lives, and not a moment longer."""
    lock = SharedLock()
    here, there = Pipe()
    child = Launcher().Process(target=hold, args=(lock, there))
    child.start()
    assert here.poll(10)
    assert not lock.acquire(block=False)
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert lock.acquire(timeout=10)
    lock.release()
    child.join()
    here.close()
    there.close()


def test_threads_keep_each_other_out() -> None:
    """Of two threads of one process one holds the lock at a time."""
    lock, tries = SharedLock(), list[bool]()
    lock.acquire()
    other = Thread(target=lambda: tries.append(lock.acquire(block=False)))
    other.start()
    other.join()
    lock.release()
    assert tries == [False]


PROGRAM = """
import asyncio, os, time
from app.raster.pool import CodecPool
from app.settings import Settings

async def main():
    pool = CodecPool(Settings(codec_processes=1, codec_seconds=3600))
    print(os.getpid(), await pool.run(os.getpid), flush=True)
    await pool.run(time.sleep, 3600)

asyncio.run(main())
"""


def test_nothing_is_left_in_memory_when_all_are_killed_at_once() -> None:
    """Neither the service nor a child keeps anything with a name in /dev/shm, which such an end would leave there."""
    with Popen([sys.executable, "-c", PROGRAM], stdout=PIPE, start_new_session=True) as group:
        assert group.stdout is not None
        maps = [Path(f"/proc/{int(pid)}/maps").read_text() for pid in group.stdout.readline().split()]
        os.killpg(group.pid, signal.SIGKILL)
    assert len(maps) == 2
    assert not [text for text in maps if "/dev/shm/" in text]
