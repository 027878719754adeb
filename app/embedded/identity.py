"""As whom Postgres runs: it refuses to be root, and nothing outside the data directory may be chmodded for it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.embedded import become

_NOBODY: Final = 65534


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
        try:
            process, reading = self._begun(command, folder, options)
        except OSError as error:
            raise _classed(error) from error
        with os.fdopen(reading, "rb") as reports:
            if written := reports.read():  # its end is the start of the program
                process.communicate()
                raise _classed(_error_of(written))
        return process

    def _begun(
        self, command: Sequence[str | Path], folder: Path, options: dict[str, Any]
    ) -> tuple[subprocess.Popen[bytes], int]:
        """The process, and the descriptor of what it reports."""
        reading, report = os.pipe()
        try:
            words = [*_python(), json.dumps(self._wanted(command, folder, report))]
            process = subprocess.Popen(  # noqa: S603
                words, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=(report,), **options
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(report)
        return process, reading

    def _wanted(self, command: Sequence[str | Path], folder: Path, report: int) -> become.Wanted:
        return {
            "command": [str(word) for word in command],
            "folder": str(folder),
            "uid": self.uid,
            "gid": self.gid,
            "namespace": self.namespace,
            "parent": os.getpid(),
            "report": report,
        }

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
    return [ours] if is_filled(database_folder) else [ours, nobody]


def is_filled(folder: Path) -> bool:
    """Whether it is there with something in it."""
    return folder.exists() and any(folder.iterdir())


def _python() -> list[str]:
    """Without what the environment and installed packages would have it load. Names of files mean to it what they mean
    to us."""
    return [sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}", become.__file__]


def _classed(error: OSError) -> OSError:
    return Scarce(error.errno, error.strerror, error.filename) if error.errno in become.SCARCE else error


def _error_of(report: bytes) -> OSError:
    number, about = json.loads(report)
    return OSError(number, os.strerror(number), about)
