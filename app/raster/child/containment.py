"""A codec child shuts itself in before it sees the first picture: whoever takes over a decoder finds nothing.

Several walls stand behind one another, since no system has all of them; each is tried, and what holds is told. The last
one needs nothing but the kernel of any Linux today: a process that may not even ask for files, sockets and programs.
"""

import ctypes
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from app.raster.child import syscalls

ENVIRONMENT: Final = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "TZ")
"""All of the service's environment that a child is given."""

ESSENTIAL: Final = ("environment", "privileges", "files", "network", "programs")
"""What has to hold of what `contain` tells; the other names are walls that not every system has."""

_FIRST_USER: Final = 60_800
"""Users that no system has by its own: below those of systemd's services, above Debian's and its home directories'."""
_USERS: Final = 256
_PLACES: Final = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108 - nothing is ever in the folder that is made there
_MOST_FILES: Final = 64
_MOST_PROCESSES: Final = 64

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_MOST_CAPABILITIES: Final = 64
_CAPABILITIES_VERSION: Final = 0x20080522
_NEW_USER: Final = 0x10000000
_NEW_REST: Final = 0x00020000 | 0x08000000 | 0x04000000 | 0x40000000  # mounts, IPC, host name, network

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION: Final = 1
_FILE_RIGHTS: Final = ((1, 13), (2, 14), (3, 15), (5, 16))
"""Landlock's version → how many rights on files it knows."""
_FIRST_WITH_NETWORK, _FIRST_WITH_SCOPES = 4, 6


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a child is started with."""
    allowed = {name: given[name] for name in ENVIRONMENT if name in given}
    return allowed | {"PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}  # noqa: PTH100


def contain(number: int) -> dict[str, bool]:
    """Shuts this process in, whose codecs are loaded and which has one thread; what holds, by name. `number` tells
    children apart: each has a user of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    is_root = os.geteuid() == 0
    _limit(own_user=is_root)
    apart = is_root and libc.unshare(_NEW_REST) == 0
    rootless = is_root and _leave_files()
    if is_root:
        _bound_capabilities(libc)
        _become_nobody(_FIRST_USER + number % _USERS)
    if not apart:
        apart = libc.unshare(_NEW_USER | _NEW_REST) == 0
        rootless = rootless or (apart and _leave_files())
    _bound_capabilities(libc)
    libc.capset(_about_this_process(), (ctypes.c_uint32 * 6)())
    privileges = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and _has_no_capabilities(libc)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    locked, filtered = _landlock(libc), syscalls.refuse()
    return {
        "environment": set(os.environ) <= set(ENVIRONMENT),
        "privileges": privileges and os.getuid() != 0,
        "files": _is_refused(lambda: os.close(os.open(__file__, os.O_RDONLY))),
        "network": _is_refused(lambda: socket.socket().close()),
        "programs": _is_refused(_fork),
        "namespaces": apart,
        "root": rootless,
        "landlock": locked,
        "seccomp": filtered,
    }


def _limit(*, own_user: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))
    if own_user:  # else it would count the service's own processes, too
        resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))


def _leave_files() -> bool:
    """An empty folder that has no name any more becomes the whole file system."""
    for place in _PLACES:
        with suppress(OSError):
            empty = tempfile.mkdtemp(dir=place)
            os.chdir(empty)
            os.rmdir(empty)  # noqa: PTH106
            os.chroot(".")
            os.chdir("/")
            os.getcwd = lambda: "/"  # the kernel has no name for it any more, and Pillow asks
            return True
    return False


def _become_nobody(user: int) -> None:
    with suppress(OSError):  # a container may know no such user
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def _bound_capabilities(libc: ctypes.CDLL) -> None:
    """None can be had anew."""
    for capability in range(_MOST_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def _has_no_capabilities(libc: ctypes.CDLL) -> bool:
    sets = (ctypes.c_uint32 * 6)()
    return libc.capget(_about_this_process(), sets) == 0 and not any(sets)


def _about_this_process() -> ctypes.Array[ctypes.c_uint32]:
    return (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)


def _landlock(libc: ctypes.CDLL) -> bool:
    """Forbids every file, every port, and every process that is not shut in here; False where the kernel cannot."""
    version = libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    files = max(rights for since, rights in _FILE_RIGHTS if since <= version)
    handled = [(1 << files) - 1]
    if version >= _FIRST_WITH_NETWORK:
        handled.append(0b11)
    if version >= _FIRST_WITH_SCOPES:
        handled.append(0b11)
    rules = (ctypes.c_uint64 * len(handled))(*handled)
    ruleset = libc.syscall(_CREATE_RULESET, rules, ctypes.sizeof(rules), 0)
    if ruleset < 0:
        return False
    try:
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()
