"""A small disc of a test's own, which can be filled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _may_mount() -> bool:
    """Whether this process may mount a file system: root may, unless a container forbids it."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


def may_have_small_discs() -> bool:
    return shutil.which("mount") is not None and not os.geteuid() and _may_mount()


@contextmanager
def small_disc(size: int) -> Iterator[Path]:
    """A folder on a disc of `size` bytes; the test is skipped where nothing may be mounted."""
    if not may_have_small_discs():
        pytest.skip("mount is not allowed here: needs root and CAP_SYS_ADMIN")
    with mounted_disc(size) as folder:
        yield folder


@contextmanager
def mounted_disc(size: int) -> Iterator[Path]:
    """The same where it is known that one may be had."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(disc: Path, leaving: int) -> Iterator[None]:
    """The disc has only so many bytes left for as long as the block lasts."""
    free = shutil.disk_usage(disc).free
    filler = disc / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - leaving)
    try:
        yield
    finally:
        filler.unlink()
