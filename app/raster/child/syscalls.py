"""System calls that a child has no use for once it has begun to work, and the filter that refuses them.

Numbers are the kernel's, of x86-64 and arm64, from `asm/unistd_64.h` and `asm-generic/unistd.h`; they never change.
A list of what is refused, and not of what is allowed, since what a C library calls does change.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final

_NONE: Final = -1

_REFUSED: Final[tuple[tuple[str, int, int], ...]] = (
    # files, by name
    ("open", 2, _NONE),
    ("creat", 85, _NONE),
    ("openat", 257, 56),
    ("openat2", 437, 437),
    ("name_to_handle_at", 303, 264),
    ("open_by_handle_at", 304, 265),
    ("truncate", 76, 45),
    ("rename", 82, _NONE),
    ("renameat", 264, 38),
    ("renameat2", 316, 276),
    ("mkdir", 83, _NONE),
    ("mkdirat", 258, 34),
    ("rmdir", 84, _NONE),
    ("link", 86, _NONE),
    ("linkat", 265, 37),
    ("unlink", 87, _NONE),
    ("unlinkat", 263, 35),
    ("symlink", 88, _NONE),
    ("symlinkat", 266, 36),
    ("mknod", 133, _NONE),
    ("mknodat", 259, 33),
    ("chmod", 90, _NONE),
    ("fchmod", 91, 52),
    ("fchmodat", 268, 53),
    ("chown", 92, _NONE),
    ("fchown", 93, 55),
    ("lchown", 94, _NONE),
    ("fchownat", 260, 54),
    ("ftruncate", 77, 46),
    ("fallocate", 285, 47),
    ("memfd_create", 319, 279),
    # lines to others
    ("socket", 41, 198),
    ("socketpair", 53, 199),
    ("bind", 49, 200),
    ("listen", 50, 201),
    ("accept", 43, 202),
    ("accept4", 288, 242),
    ("connect", 42, 203),
    ("shmget", 29, 194),
    ("shmat", 30, 196),
    ("semget", 64, 190),
    ("msgget", 68, 186),
    ("mq_open", 240, 180),
    # programs, and other processes
    ("execve", 59, 221),
    ("execveat", 322, 281),
    ("fork", 57, _NONE),
    ("vfork", 58, _NONE),
    ("ptrace", 101, 117),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("kcmp", 312, 272),
    ("pidfd_open", 434, 434),
    ("pidfd_getfd", 438, 438),
    ("pidfd_send_signal", 424, 424),
    ("kill", 62, 129),
    ("tkill", 200, 130),
    ("rt_sigqueueinfo", 129, 138),
    ("rt_tgsigqueueinfo", 297, 240),
    # the kernel itself
    ("unshare", 272, 97),
    ("setns", 308, 268),
    ("mount", 165, 40),
    ("umount2", 166, 39),
    ("pivot_root", 155, 41),
    ("chroot", 161, 51),
    ("bpf", 321, 280),
    ("perf_event_open", 298, 241),
    ("userfaultfd", 323, 282),
    ("io_uring_setup", 425, 425),
    ("add_key", 248, 217),
    ("request_key", 249, 218),
    ("keyctl", 250, 219),
    ("init_module", 175, 105),
    ("finit_module", 313, 273),
    ("kexec_load", 246, 104),
)
_MACHINES: Final = {"x86_64": (0xC000003E, 0, 56, 234), "aarch64": (0xC00000B7, 1, 220, 131)}
"""The kernel's name of the machine, the column of `_REFUSED`, and the numbers of `clone` and `tgkill`."""
_CLONE3: Final = 435
_OTHER_NUMBERS: Final = 0x40000000
"""Numbers from here on are those of x86-64's calls with 32-bit addresses."""
_CLONE_THREAD: Final = 0x00010000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # where they lie in what a filter sees
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000

_PR_SET_SECCOMP: Final = 22
_FILTER_MODE: Final = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse() -> bool:
    """Refuses them to this process for ever, which must have given up new privileges; whether that holds.

    Threads may be made, processes not; a thread of this process may be signalled, nobody else.
    """
    machine = _MACHINES.get(os.uname().machine)
    if machine is None or sys.platform != "linux":
        return False
    program = _program(*machine)
    about = _Program(len(program) // 8, program)
    return bool(ctypes.CDLL(None).prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(about), 0, 0) == 0)


def _program(architecture: int, column: int, clone: int, tgkill: int) -> bytes:
    """In the kernel's small language: each line is (operation, steps if so, steps if not, value)."""
    refused = [numbers[column] for _, *numbers in _REFUSED if numbers[column] != _NONE]
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_NUMBERS),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        (_EQUAL, 0, 1, _CLONE3),  # its flags lie where no filter sees them; C libraries then take `clone`
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
    for number in refused:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    lines += [
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, 3, tgkill),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 1, 0, os.getpid()),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
