"""Objects as files below one folder, for one machine."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from app.errors import ChecksumMismatch, ObjectMissing, ObjectTooLarge, StoreUnavailable
from app.store.checking import write_read_delete
from app.store.held import HeldFile, new_name, tidy
from app.store.keys import checked_key
from app.store.protocol import CHUNK, ObjectBody, ObjectStat

_T = TypeVar("_T")


class FileStore:
    """Files readable by their owner only. A write is complete or absent, also after a power cut: it
    goes to a temporary file, is flushed, and gets its name by a hard link, which never overwrites.
    Media types are not kept; the database knows them."""

    def __init__(self, root: Path, *, threads: int = 8) -> None:
        self._root = root
        self._incoming = root / ".incoming"
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="files")

    async def __aenter__(self) -> Self:
        await self._run(self._prepare)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._threads.shutdown(wait=False)

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        sha256: str | None = None,
        media_type: str,
        handover: bool = False,
    ) -> bool:
        target = self._path(key)
        return await self._run(lambda: self._put(target, source, sha256, handover=handover))

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, end: int | None = None, piece: int = CHUNK
    ) -> AsyncIterator[ObjectBody]:
        path = self._path(key)
        file = await self._run(lambda: self._open(path))
        with file:
            size = os.fstat(file.fileno()).st_size
            stop = size if end is None else min(end, size)
            yield ObjectBody(size, self._chunks(file, start, stop, piece))

    async def read(self, key: str, limit: int) -> bytes:
        path = self._path(key)
        return await self._run(lambda: self._read(path, limit))

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        path = self._path(key)
        with await self._run(lambda: self._open(path)):
            yield path

    async def stat(self, key: str) -> ObjectStat | None:
        path = self._path(key)

        def size() -> ObjectStat:
            with self._open(path) as file:
                return ObjectStat(os.fstat(file.fileno()).st_size)

        try:
            return await self._run(size)
        except ObjectMissing:
            return None

    async def delete(self, keys: Iterable[str]) -> None:
        paths = [self._path(key) for key in keys]

        def unlink() -> None:
            self._require_present()
            for path in paths:
                path.unlink(missing_ok=True)

        await self._run(unlink)

    async def delete_versions(self, beginnings: Iterable[str]) -> int:
        return 0

    async def remarks(self) -> list[str]:
        return []

    async def check(self) -> None:
        await write_read_delete(self)

    async def clock(self) -> datetime:
        return await self._run(self._clock)

    async def tidy(self) -> None:
        await self._run(lambda: tidy(self._incoming, "*"))

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            raise StoreUnavailable(str(error)) from error

    async def _chunks(self, file: BinaryIO, start: int, stop: int, piece: int) -> AsyncIterator[bytes]:
        position = start
        while position < stop:
            want, at = min(piece, stop - position), position
            chunk = await self._run(lambda want=want, at=at: os.pread(file.fileno(), want, at))  # type: ignore[misc]
            if not chunk:
                raise StoreUnavailable(f"{file.name} ended early, at {position} of {stop} bytes")
            position += len(chunk)
            yield chunk

    # --- below runs in threads ---

    def _prepare(self) -> None:
        for folder in (self._root, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _clock(self) -> datetime:
        """That of the file system, which may be another machine's."""
        self._require_present()
        with HeldFile(self._incoming) as probe:
            return datetime.fromtimestamp(os.fstat(probe.file.fileno()).st_mtime, UTC)

    def _require_present(self) -> None:
        """An unmounted disk looks like an empty folder; without this, every object would look lost."""
        if not self._incoming.is_dir():
            raise StoreUnavailable(f"{self._root} is not a store's folder, or its disk is not mounted")

    def _open(self, path: Path) -> BinaryIO:
        try:
            return path.open("rb", buffering=0)
        except FileNotFoundError:
            self._require_present()
            raise ObjectMissing(str(path.relative_to(self._root))) from None

    def _read(self, path: Path, limit: int) -> bytes:
        with self._open(path) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise ObjectTooLarge(f"{path.name} has more than {limit} bytes")
        return content

    def _put(self, target: Path, source: Path | bytes, sha256: str | None, *, handover: bool) -> bool:
        self._require_present()
        if target.exists():
            _flush(target.parent)  # its writer may not have got that far, and our caller will rely on it
            return False
        with _named(source, self._incoming, handover=handover) as temporary:
            _verify_and_flush(temporary, sha256)
            _make_folder(target.parent)
            try:
                os.link(temporary, target)
            except FileExistsError:
                return False
            finally:
                _flush(target.parent)
        return True


@contextmanager
def _named(source: Path | bytes, folder: Path, *, handover: bool) -> Iterator[Path]:
    """The bytes as a file in `folder`, for as long as the block lasts: the source itself or a copy, held either way."""
    linked = new_name(folder)
    if handover and isinstance(source, Path) and _linked(source, linked):
        try:
            yield linked
        finally:
            linked.unlink(missing_ok=True)
        return
    with HeldFile(folder) as held:
        _copy(source, held)
        yield held.path


def _copy(source: Path | bytes, held: HeldFile) -> None:
    with os.fdopen(held.file.fileno(), "wb", closefd=False) as file:
        if isinstance(source, bytes):
            file.write(source)
        else:
            with source.open("rb") as original:
                shutil.copyfileobj(original, file, CHUNK)


def _linked(source: Path, temporary: Path) -> bool:
    """False where the file lies on another file system or belongs to somebody else."""
    try:
        source.chmod(0o600)
        os.link(source, temporary)
    except OSError:
        return False
    return True


def _verify_and_flush(path: Path, sha256: str | None) -> None:
    with path.open("rb") as file:
        if sha256 is not None and (found := hashlib.file_digest(file, "sha256").hexdigest()) != sha256:
            raise ChecksumMismatch(f"expected {sha256}, found {found}")
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    """Like `mkdir -p`, each new name flushed to disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _flush(folder.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
