"""Run a program as somebody else, given in JSON as `Wanted` has it; what keeps it from that is written to `report`.

It is a program of its own and imports nothing of the service. Between the service's fork and an exec this could not be
done: what libraries do after a fork (one of telemetry starts a thread) takes away the right to enter a namespace.
"""

import ctypes
import errno
import json
import os
import signal
import sys
import time
from typing import Final, TypedDict

_CLONE_NEWUSER: Final = 0x10000000
_PR_SET_PDEATHSIG: Final = 1
SCARCE: Final = frozenset({errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EUSERS, errno.EMFILE, errno.ENFILE})
"""Why the system has no namespace or process to give just now: the kernel counts what has ended until it tidies up."""
_PAUSES: Final = (0.05, 0.2, 0.8)
"""Seconds between tries to get one."""
_PASSED_ON: Final = ("SIGINT", "SIGPIPE", "SIGXFSZ")
"""What a program would go on ignoring: Python ignores two, and a shell has its jobs in the background ignore one."""


class Wanted(TypedDict):
    command: list[str]
    folder: str
    """Where it works, which it must be able to enter."""
    uid: int | None
    gid: int | None
    namespace: bool
    parent: int
    """Whose child it is: where that has ended in the meantime, nothing is run."""
    report: int
    """The descriptor that gets `[number of the error, what it was about]` in JSON, or nothing and its end."""


def main() -> None:
    wanted: Wanted = json.loads(sys.argv[1])
    os.set_inheritable(wanted["report"], False)
    about = wanted["command"][0]
    _reset_signals()
    try:
        if wanted["namespace"]:
            about = "a user namespace"
            _enter_namespace()
        _take_on(wanted["uid"], wanted["gid"])
        about = wanted["folder"]
        os.chdir(about)
        _end_with(wanted["parent"])
        about = wanted["command"][0]
        os.execv(about, wanted["command"])  # noqa: S606
    except OSError as error:
        os.write(wanted["report"], json.dumps([error.errno, about]).encode())
        sys.exit(1)


def _reset_signals() -> None:
    """Whoever starts us may end before the program is there: then SIGINT has to end us, without a word from Python."""
    for name in _PASSED_ON:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _enter_namespace() -> None:
    """Ourselves under the name of user 1000."""
    uid, gid = os.geteuid(), os.getegid()
    _unshare()
    _write("/proc/self/setgroups", b"deny")
    _write("/proc/self/uid_map", b"1000 %d 1" % uid)
    _write("/proc/self/gid_map", b"1000 %d 1" % gid)


def _unshare() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for pause in (*_PAUSES, None):
        if libc.unshare(_CLONE_NEWUSER) == 0:
            return
        if pause is None or ctypes.get_errno() not in SCARCE:
            raise OSError(ctypes.get_errno(), "unshare")
        time.sleep(pause)


def _write(path: str, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def _take_on(uid: int | None, gid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        if gid is not None:
            os.setgid(gid)
        os.setuid(uid)


def _end_with(parent: int) -> None:
    """SIGINT when the thread that started us ends. A change of user would undo it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    main()
