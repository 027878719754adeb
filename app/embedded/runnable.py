"""Which Postgres can be run here, and as whom."""

import os
import re
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.embedded.folders import close_to_others
from app.embedded.identity import Identity, Scarce, identities
from app.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Runnable:
    identity: Identity
    binaries: Path
    version: int
    """Postgres' major version."""


def choose_runnable(database_folder: Path, binaries: Path) -> Runnable:
    """The first identity that can run the programs and reach the data directory.

    Where another user must run them and cannot reach them, they are copied into the data
    directory. Raises `Misconfigured`, from `Scarce` where it may be possible a little later.
    """
    parent = database_folder.parent
    reasons: list[OSError] = []
    for identity in identities(database_folder):
        close_to_others(parent, to_pass=identity.uid is not None)
        for copied in (False, True) if identity.uid is not None else (False,):
            try:
                folder = _copy(binaries, parent / "postgres-binaries", identity) if copied else binaries
                return Runnable(identity, folder, _version(identity, folder, parent))
            except OSError as error:
                reasons.append(error)
    words = "; ".join(dict.fromkeys(str(reason) for reason in reasons))
    cause = next((reason for reason in reasons if isinstance(reason, Scarce)), reasons[-1])
    raise Misconfigured(f"Postgres cannot be run on {parent} by {_names()}: {words}. Move DATA_DIR.") from cause


def _names() -> str:
    return "a user other than root" if os.geteuid() == 0 else "this user"


def _version(identity: Identity, binaries: Path, working_folder: Path) -> int:
    pipe = subprocess.PIPE
    process = identity.spawn([binaries / "postgres", "-V"], working_folder, stdout=pipe, stderr=pipe)
    out, err = process.communicate()
    found = re.search(rb"\) (\d+)", out)
    if process.returncode != 0 or not found:
        words = err.decode(errors="replace").strip()
        raise OSError(f"postgres -V ended with {process.returncode} and said {words!r}")
    return int(found[1])


def _copy(binaries: Path, target: Path, identity: Identity) -> Path:
    """The tree that `binaries` lies in, together with the libraries that its wheel brings along."""
    if target.is_symlink():
        raise OSError(f"{target} is a symbolic link: remove it")
    tree = binaries.parent
    copied = target / tree.parent.name / tree.name
    if not copied.exists():
        half_made = target / "new"
        shutil.rmtree(half_made, ignore_errors=True)
        shutil.copytree(tree, half_made, symlinks=True)
        copied.parent.mkdir(exist_ok=True)
        half_made.rename(copied)
    libraries = tree.parent.parent / f"{tree.parent.name}.libs"
    if libraries.exists() and not (target / libraries.name).exists():
        shutil.copytree(libraries, target / libraries.name)
    _hand_over(target, identity)
    return copied / "bin"


def _hand_over(folder: Path, identity: Identity) -> None:
    """Whoever runs the programs may read and enter, whatever the umask, and nobody else. He may have put links among
    them by now: neither is one followed, nor is a file given away that has a name elsewhere."""
    for _, _, files, descriptor in os.fwalk(folder):
        _give(descriptor, identity)
        for name in files:
            with suppress(OSError):  # a link
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=descriptor)
                try:
                    _give(file, identity)
                finally:
                    os.close(file)


def _give(descriptor: int, identity: Identity) -> None:
    found = os.fstat(descriptor)
    is_folder = stat.S_ISDIR(found.st_mode)
    if is_folder or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
        os.fchmod(descriptor, 0o700 if is_folder or found.st_mode & 0o111 else 0o600)
        identity.take_over(descriptor)
