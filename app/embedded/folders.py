"""The folders that Postgres needs: its data, and a private one for its socket."""

import errno
import hashlib
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from app.embedded.identity import Identity
from app.errors import Misconfigured

_PRIVATE: Final = 0o700
_PASSABLE: Final = 0o711
_OTHERS_WRITE: Final = 0o022
_UNDECEIVED: Final = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""No link is followed, and a pipe is not waited for."""
_LONGEST_SOCKET_PATH: Final = 100  # bytes; systems cut between 103 and 107

_OWN: Final = re.compile(
    r"postgres[.\w-]*|objects|spool|copies|figures|asked|\.?secret_key[.\w]*|demo\.json|lost\+found", re.ASCII
)
"""What lies in a data directory. One with anything else in it is somebody's own folder: its mode is not ours."""
_CLOSED: Final = ("spool", "copies", "figures", "asked")
_LOCKS: Final = ("postgres.owner", "postgres.owner.lock", "postgres.users.lock")
_POSTGRES: Final = re.compile(r"postgres|postgres\.new-.*|postgres-binaries|lost\+found")
"""What another user may own because he runs Postgres for us."""


def made_folder(folder: Path) -> Path:
    """`folder`, created if missing, known to be writable, and closed to others. Raises `Misconfigured`."""
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The data directory {folder} cannot be created: {error.strerror}.") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Misconfigured(f"The data directory {folder} cannot be written by this user.")
    close_to_others(folder)
    return folder


def check_name(folder: Path) -> None:
    """Connection strings know UTF-8 alone. Raises `Misconfigured`."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        shown = ascii(str(folder))
        raise Misconfigured(f"The data directory {shown} cannot hold a Postgres: its name is not in UTF-8.") from None


def close_to_others(folder: Path, *, to_pass: bool = False) -> None:
    """Nobody else lists or reads the data directory. Where another user runs Postgres in it he may pass through
    (`to_pass`; by itself where his files are there already)."""
    clusters = (folder / "postgres", *folder.glob("postgres.new-*"))
    passable = to_pass or any(map(_is_somebody_elses, clusters))
    if not _is_shared(folder) and all(_OWN.fullmatch(path.name) for path in folder.iterdir()):
        _restrict(folder, _PASSABLE if passable else _PRIVATE)
    for name in _CLOSED:
        _restrict(folder / name, _PRIVATE)
    are_ours = not _is_somebody_elses(folder) and not _is_open(folder)
    for name in ("postgres.log", *(_LOCKS if are_ours else ())):
        _restrict(folder / name, 0o600)


def _is_somebody_elses(path: Path) -> bool:
    with suppress(OSError):  # not made yet, or moved into place by now
        return path.lstat().st_uid != os.geteuid()
    return False


def _is_open(folder: Path) -> bool:
    """Whether others may write to it."""
    return bool(folder.stat().st_mode & _OTHERS_WRITE)


def _is_shared(folder: Path) -> bool:
    """Whether the service of another user works in it, who would be locked out: as he may, he has left there more than
    what Postgres runs as somebody else for us."""
    others = (path for path in folder.iterdir() if not _POSTGRES.fullmatch(path.name))
    return _is_open(folder) and any(map(_is_somebody_elses, others))


def _restrict(path: Path, mode: int) -> None:
    """For what is ours alone: the mode of another user's files is his, and some file systems know none."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | _UNDECEIVED)
        try:
            found = os.fstat(descriptor)
            whole = stat.S_ISDIR(found.st_mode) or _has_one_name(found)
            if whole and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != mode:
                os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)


def close_file(descriptor: int, folder: Path) -> None:
    """Nobody reads an empty file of ours in `folder` but its owner, to whom root leaves it: he may be the next to come.
    In a folder that others may write to, and in somebody else's, which is not ours to close, it stays open to them.
    What the owner may have put in its place is left alone."""
    with suppress(OSError):  # another user's file, or a file system without modes
        owner, found, us = folder.stat(), os.fstat(descriptor), os.geteuid()
        is_plain = _has_one_name(found) and found.st_size == 0 and found.st_uid in (us, owner.st_uid)
        if owner.st_mode & _OTHERS_WRITE or not is_plain:
            return
        if us == 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        if us in (0, owner.st_uid):
            os.fchmod(descriptor, 0o600)


def opened(path: Path, flags: int, mode: int) -> int:
    """The descriptor of a file in a data directory, made if missing. The directory may be another user's: he could have
    root write to any file by a link in its place. Raises `Misconfigured`."""
    try:
        descriptor = os.open(path, flags | os.O_CREAT | _UNDECEIVED, mode)
    except OSError as error:
        reason = "it is a symbolic link: remove it" if error.errno == errno.ELOOP else error.strerror
        raise Misconfigured(f"{path} cannot be opened: {reason}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Misconfigured(f"{path} cannot be opened: it is no regular file; remove it.")
    return descriptor


def opened_log(path: Path) -> BinaryIO:
    """To be appended to; nobody else reads it. Raises `Misconfigured`."""
    log = os.fdopen(opened(path, os.O_WRONLY | os.O_APPEND, 0o600), "ab")
    if os.geteuid() == 0 and _is_somebody_elses(path.parent) and not _has_one_name(os.fstat(log.fileno())):
        log.close()
        raise Misconfigured(f"{path} cannot be opened: it has another name, too; remove it.")
    return log


def _has_one_name(found: os.stat_result) -> bool:
    """Of a regular file: what has another name may be a file from elsewhere."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def check_database_folder(folder: Path, version: int, log: Path) -> None:
    """Raise `Misconfigured` unless `folder` can be what Postgres `version` (its major number) made."""
    remedy = f"Restore it from a backup or move it away; the log is {log}."
    try:
        text = (folder / "PG_VERSION").read_text(errors="replace").strip()
        controlled = (folder / "global" / "pg_control").stat().st_size > 0
    except FileNotFoundError as error:
        missing = Path(error.filename).relative_to(folder)
        raise Misconfigured(f"The data directory {folder} is damaged: {missing} is missing. {remedy}") from None
    except OSError as error:
        raise Misconfigured(f"The data directory {folder} cannot be read: {error.strerror}.") from None
    if not text.isdecimal() or not controlled:
        damaged = "PG_VERSION" if controlled else "global/pg_control"
        raise Misconfigured(f"The data directory {folder} is damaged: {damaged} is unreadable. {remedy}")
    if int(text) != version:
        raise Misconfigured(
            f"The data directory {folder} was made by Postgres {text}; Postgres {version} is installed."
        )


def make_socket_folder(database_folder: Path, identity: Identity) -> Path:
    """Where the socket goes: beside the data, which only its owner may enter, or, where that path
    is too long for a socket, into a private folder among the temporary files."""
    if len(os.fsencode(database_folder / ".s.PGSQL.5432.lock")) < _LONGEST_SOCKET_PATH:
        return database_folder
    digest = hashlib.sha256(os.fsencode(database_folder)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"product-images-{digest}"
    try:
        folder.mkdir(mode=0o700)
        identity.take_over(folder)
    except FileExistsError:
        _check_private(folder, identity)
    return folder


def _check_private(folder: Path, identity: Identity) -> None:
    """Somebody else may have made a folder of that name to listen in."""
    found = folder.lstat()
    owner = os.geteuid() if identity.uid is None else identity.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise Misconfigured(f"{folder} is not a private folder of ours: remove it.")
