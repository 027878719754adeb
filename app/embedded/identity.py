"""As whom Postgres runs: it refuses to be root, and nothing outside the data directory may be chmodded for it."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_NOBODY: Final = 65534
_CLONE_NEWUSER: Final = 0x10000000
_PR_SET_PDEATHSIG: Final = 1
_SCARCE: Final = frozenset({errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EUSERS, errno.EMFILE, errno.ENFILE})
"""Why the system has no namespace or process to give just now: the kernel counts what has ended until it tidies up."""
_PAUSES: Final = (0.05, 0.2, 0.8)
"""Seconds between tries to get one."""


class Scarce(OSError):
    """The system has no namespace, or no process, to give just now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """As ourselves (`uid` None), as another user, or as ourselves under the name of user 1000 in a
    user namespace of its own, where root's own files stay reachable without being root."""

    uid: int | None = None
    gid: int | None = None
    namespace: bool = False

    def spawn(self, command: Sequence[str | Path], folder: Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start `command` in `folder` as this identity, which must be able to enter it.

        It gets a session of its own, so that Ctrl-C reaches us and not it, and SIGINT when the
        thread that called this ends, however it ends. Raises `OSError` where it cannot be reached
        or the system allows no such identity, and `Scarce` where it has none to give just now.
        """
        reading, writing = os.pipe()
        try:
            return subprocess.Popen(  # noqa: S603
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                preexec_fn=_prelude(folder, writing, namespace=self.namespace),
                **options,
            )
        except subprocess.SubprocessError as error:  # which says only that something was raised
            os.set_blocking(reading, False)
            raise _classed(_reported(reading)) from error
        except OSError as error:
            raise _classed(error) from error
        finally:
            os.close(reading)
            os.close(writing)

    def take_over(self, made: Path | int) -> None:
        """Make a folder that we have just created, or a file by its descriptor, this identity's. Somebody may have put
        a link in a folder's place since: that is not followed."""
        if self.uid is not None:
            gid = self.gid if self.gid is not None else -1
            os.chown(made, self.uid, gid, follow_symlinks=isinstance(made, int))


def identities(database_folder: Path) -> list[Identity]:
    """Whom to try, best first. Files that exist already keep their owner."""
    if os.geteuid() != 0:
        return [Identity()]
    if database_folder.exists():
        owner = database_folder.stat()
        if owner.st_uid != 0:
            return [Identity(owner.st_uid, owner.st_gid)]
    nobody = Identity(_NOBODY, _NOBODY)
    if sys.platform != "linux":
        return [nobody]
    ours = Identity(namespace=True)
    return [ours] if _is_filled(database_folder) else [ours, nobody]


def _is_filled(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _classed(error: OSError) -> OSError:
    return Scarce(error.errno, error.strerror, error.filename) if error.errno in _SCARCE else error


def _reported(reading: int) -> OSError:
    """What `_prelude` wrote down of an error: its number and where it arose."""
    try:
        number, _, what = os.read(reading, 200).decode().partition(" ")
        return OSError(int(number), os.strerror(int(number)), what)
    except (BlockingIOError, ValueError):
        return OSError("it could not be started")


def _prelude(folder: Path, writing: int, *, namespace: bool) -> Callable[[], None]:
    """What the child does between fork and exec, which it tells through `writing` where it cannot. It runs after the
    change of user: that would undo the death signal. Everything that it needs is looked up here, before the fork."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent, uid, gid = os.getpid(), os.geteuid(), os.getegid()
    on_linux = sys.platform == "linux"

    def enter_namespace() -> None:
        _unshare(libc)
        _write("/proc/self/setgroups", b"deny")
        _write("/proc/self/uid_map", b"1000 %d 1" % uid)
        _write("/proc/self/gid_map", b"1000 %d 1" % gid)

    def prelude() -> None:
        what = "a user namespace" if namespace else ""
        try:
            if namespace:
                enter_namespace()
            what = str(folder)
            os.chdir(folder)
        except OSError as error:
            os.write(writing, b"%d %s" % (error.errno or 0, what.encode()))
            raise
        if on_linux:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    return prelude


def _unshare(libc: ctypes.CDLL) -> None:
    """Into a user namespace of its own. Raises `OSError` where the system gives none."""
    for pause in (*_PAUSES, None):
        if libc.unshare(_CLONE_NEWUSER) == 0:
            return
        if pause is None or ctypes.get_errno() not in _SCARCE:
            raise OSError(ctypes.get_errno(), "unshare")
        time.sleep(pause)


def _write(path: str, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)
