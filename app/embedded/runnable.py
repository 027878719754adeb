"""Which Postgres can be run here, and as whom."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.embedded.folders import close_to_others
from app.embedded.identity import Identity, identities
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
    directory. Raises `Misconfigured`.
    """
    parent = database_folder.parent
    reasons = []
    for identity in identities(database_folder):
        close_to_others(parent, to_pass=identity.uid is not None)
        for copied in (False, True) if identity.uid is not None else (False,):
            try:
                folder = _copy(binaries, parent / "postgres-binaries", identity) if copied else binaries
                return Runnable(identity, folder, _version(identity, folder, parent))
            except subprocess.SubprocessError:
                reasons.append("it may not be entered")
            except OSError as error:
                reasons.append(str(error))
    raise Misconfigured(f"Postgres cannot be run on {parent} by {_names()}: {reasons[-1]}. Move DATA_DIR.")


def _names() -> str:
    return "a user other than root" if os.geteuid() == 0 else "this user"


def _version(identity: Identity, binaries: Path, working_folder: Path) -> int:
    pipe = subprocess.PIPE
    process = identity.spawn([binaries / "postgres", "-V"], working_folder, stdout=pipe, stderr=pipe)
    out, err = process.communicate()
    found = re.search(rb"\) (\d+)", out)
    if process.returncode != 0 or not found:
        raise OSError(f"postgres -V says {err.decode(errors='replace').strip()!r}")
    return int(found[1])


def _copy(binaries: Path, target: Path, identity: Identity) -> Path:
    """The tree that `binaries` lies in, together with the libraries that its wheel brings along."""
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
    """Whoever runs the programs may read and enter, whatever the umask, and nobody else."""
    for root, _, files in os.walk(folder):
        for path in (Path(root), *(Path(root, name) for name in files)):
            if not path.is_symlink():
                path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
                identity.take_over(path)
