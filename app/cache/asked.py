"""What was asked for lately, written down for the process that comes next: requests, a line each, never answers.

Whoever reads the file asks the database for all of it, so that nothing old comes back. It is believed in nothing else
either: one that is damaged, another's, or open to others is not read.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

_NAME: Final = "lately"
_FORM: Final = 1
_MOST_BYTES: Final = 64 * 1024 * 1024
_LATELY_SECONDS: Final = 600.0
_HEAD_BYTES: Final = 1024


class NotToBeRead(Exception):
    """The file is not one that a process of this service has written, as it wrote it."""


class AskedFile:
    """In a folder of its own, one for all processes that share it; `service` names whose requests they are. All methods
    do blocking input and output and raise OSError."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = folder
        self._service = service

    def read(self) -> list[bytes]:
        """The lines; none where nothing was written yet. Raises NotToBeRead."""
        with suppress(FileNotFoundError), self._opened() as file:
            head = self._head(file)
            body = file.read(_MOST_BYTES)
            if head["digest"] != _digest(body):
                raise NotToBeRead("it is damaged")
            return body.split(b"\n")
        return []

    def write(self, lines: Sequence[bytes]) -> None:
        """In the place of what stands there, the first of them, as far as they are read again. Where another process is
        writing, its list will do. One that is half as long takes its place only after ten minutes: what was forgotten
        for a moment is asked for all the same."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone() as is_alone:
            if is_alone and lines and 2 * len(lines) >= self._standing():
                self._replace(b"\n".join(_first(lines, _MOST_BYTES - _HEAD_BYTES)))

    def _replace(self, body: bytes) -> None:
        head = {"asked": _FORM, "of": self._service, "digest": _digest(body)}
        aside = self._folder / "next"  # nobody else's, as long as the lock is held
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(orjson.dumps(head) + b"\n" + body)
        aside.replace(self._folder / _NAME)

    def _standing(self) -> int:
        """How long the list is that was written lately."""
        with suppress(FileNotFoundError, NotToBeRead):
            if time.time() - (self._folder / _NAME).stat().st_mtime < _LATELY_SECONDS:
                return len(self.read())
        return 0

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            descriptor = os.open(self._folder / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise NotToBeRead("it is a link") if error.errno == errno.ELOOP else error from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
                raise NotToBeRead("it is no file of the kind")
            if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
                raise NotToBeRead("others may write to it")
            if found.st_mode & stat.S_IWGRP:  # a cluster opens all that is on a volume to the volume's group
                os.fchmod(descriptor, 0o600)
            yield file

    def _head(self, file: BinaryIO) -> dict[str, Any]:
        try:
            head = orjson.loads(file.readline(_HEAD_BYTES))
        except orjson.JSONDecodeError:
            raise NotToBeRead("it begins with no such line") from None
        match head:
            case {"asked": int(form), "of": str(service), "digest": str()} if form == _FORM:
                if service != self._service:
                    raise NotToBeRead("it is of a service with other addresses")
                return dict(head)
        raise NotToBeRead("it is of another version")

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)


def _first(lines: Sequence[bytes], most: int) -> Iterator[bytes]:
    """So many that they take up `most` bytes, each with an end of line."""
    for line, end in zip(lines, accumulate(len(line) + 1 for line in lines), strict=True):
        if end > most:
            return
        yield line


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
