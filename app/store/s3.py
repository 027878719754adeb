"""Objects in a bucket of S3 or of a server that speaks its protocol."""

import asyncio
import base64
import hashlib
import io
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakValueDictionary

import aioboto3
import aiohttp
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.errors import ChecksumMismatch, Misconfigured, ObjectMissing, ObjectTooLarge, StoreUnavailable
from app.store.checking import write_read_delete
from app.store.held import HeldFile, abandoned, tidy
from app.store.keys import checked_key
from app.store.protocol import CHUNK, ObjectBody, ObjectStat
from app.store.s3_conditions import CONFLICT, TAKEN, Conditions, code_of
from app.store.s3_deletes import ANSWER_SECONDS, DELETE_BATCH, delete_batch
from app.store.s3_reads import S3Reads, S3Response
from app.store.s3_rules import harm_of, rules_of
from app.store.s3_versions import Versions

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_FORMER_COPY: Final = "product-images-*/object"  # below the system's folder for temporary files


class S3Store:
    """One client for the life of the process; opening one costs 0.1 s and 15 MB. Credentials and region
    come from the usual `AWS_*` variables. Local copies lie in the folder `copies` while they are used."""

    def __init__(self, bucket: str, *, copies: Path, endpoint_url: str | None = None, connections: int = 64) -> None:
        self._bucket = bucket
        self._copies = copies
        self._endpoint_url = endpoint_url
        self._config = Config(
            max_pool_connections=connections,
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 2},
            # virtual hosts need a wildcard DNS name, which self-hosted servers rarely have
            signature_version="s3v4",
            # some servers tell the checksum of the whole beside a part of it
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if endpoint_url else "auto"},
        )
        self._connections = connections
        self._exits = AsyncExitStack()
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        # every other SDK of AWS reads AWS_REGION, this one only AWS_DEFAULT_REGION
        session = aioboto3.Session(region_name=os.environ.get("AWS_REGION"))
        opening = session.client("s3", endpoint_url=self._endpoint_url, config=self._config)
        with _translated("the client"):
            self._client: S3Client = await self._exits.enter_async_context(opening)
            self._conditions = Conditions(self._client, self._bucket)
            self._versions = Versions(self._client, self._bucket)
            reads = S3Reads(self._client, self._bucket, await session.get_credentials(), self._connections)
            self._reads = await self._exits.enter_async_context(reads)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exits.aclose()

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        sha256: str | None = None,
        media_type: str,
        handover: bool = False,
    ) -> bool:
        checked_key(key)
        with _translated(key), _opened(source) as file:
            digest = await asyncio.to_thread(_verified_digest, file, sha256)
            arguments = {"Body": file, "ContentType": media_type, "ChecksumSHA256": base64.b64encode(digest).decode()}
            return await self._put_if_absent(key, arguments)

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, end: int | None = None, piece: int = CHUNK
    ) -> AsyncIterator[ObjectBody]:
        if end is not None and start >= end:
            yield ObjectBody(await self._size(key), _nothing())
            return
        wanted = {} if (start, end) == (0, None) else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        try:
            answer = await self._get(key, wanted)
        except _BeyondEndError:
            yield ObjectBody(await self._size(key), _nothing())
            return
        try:
            yield ObjectBody(answer.whole_size(ranged=bool(wanted)), _chunks(key, answer, piece))
        finally:
            answer.close()

    async def read(self, key: str, limit: int) -> bytes:
        async with self.open(key) as body:
            if body.size > limit:
                raise ObjectTooLarge(f"{key} has {body.size} bytes, more than {limit}")
            return b"".join([chunk async for chunk in body])

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        with _translated(key):
            held = await asyncio.to_thread(self._copy)
        try:
            async with self.open(key) as body:
                with _translated(key):
                    await _write(body, held)
            yield held.path
        finally:
            await asyncio.to_thread(held.close)

    def _copy(self) -> HeldFile:
        self._copies.mkdir(mode=0o700, parents=True, exist_ok=True)
        return HeldFile(self._copies)

    async def stat(self, key: str) -> ObjectStat | None:
        try:
            return ObjectStat(await self._size(key))
        except ObjectMissing:
            return None

    async def delete(self, keys: Iterable[str]) -> None:
        names = [checked_key(key) for key in keys]
        for first in range(0, len(names), DELETE_BATCH):
            batch = names[first : first + DELETE_BATCH]
            with _translated(f"{len(batch)} objects to delete"):
                await delete_batch(self._client, self._bucket, batch)

    async def delete_versions(self, beginnings: Iterable[str]) -> int:
        with _translated("former versions"):
            return await self._versions.remove([checked_key(beginning) for beginning in beginnings])

    async def remarks(self) -> list[str]:
        with _translated("the bucket"):
            for rule in await rules_of(self._client, self._bucket):
                if harm := harm_of(rule):
                    raise Misconfigured(f"The bucket's lifecycle rule {harm}.")
            found = await self._remark_of_versions()
            if not await self._conditions.are_heeded():
                found.append("the server does not heed If-None-Match, so each write is preceded by a look")
            return found

    async def _remark_of_versions(self) -> list[str]:
        try:
            are_kept = await self._versions.are_kept()
        except StoreUnavailable as error:
            return [error.reason or str(error)]
        return ["the bucket keeps former versions: sweeps leave them there, a purge removes them"] if are_kept else []

    async def check(self) -> None:
        await write_read_delete(self)

    async def clock(self) -> datetime:
        with _translated("the clock"):
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.head_bucket(Bucket=self._bucket)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date is None:
            raise StoreUnavailable("the server does not tell the time")
        return parsedate_to_datetime(date) + timedelta(seconds=0.5)  # it leaves out the fraction

    async def tidy(self) -> None:
        await asyncio.to_thread(_tidy, self._copies)

    async def _put_if_absent(self, key: str, arguments: dict[str, Any]) -> bool:
        if not await self._conditions.are_heeded():
            # some servers mix the bytes of two who write one key; of other processes nothing is known here
            async with self._writing.setdefault(key, asyncio.Lock()):
                return await self._look_and_put(key, arguments)
        try:
            await self._client.put_object(Bucket=self._bucket, Key=key, IfNoneMatch="*", **arguments)
        except ClientError as error:
            if code_of(error) in TAKEN:
                return False
            if code_of(error) not in CONFLICT:
                raise
            arguments["Body"].seek(0)
            return await self._look_and_put(key, arguments)
        return True

    async def _look_and_put(self, key: str, arguments: dict[str, Any]) -> bool:
        """Where another writer of the same key is just finishing, or the server heeds no condition. The content is a
        function of the key, so writing it a second time changes nothing."""
        if await self.stat(key) is not None:
            return False
        await self._client.put_object(Bucket=self._bucket, Key=key, **arguments)
        return True

    async def _get(self, key: str, wanted: Mapping[str, str]) -> S3Response:
        checked_key(key)
        with _translated(key):
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._reads.get(key, wanted)

    async def _size(self, key: str) -> int:
        checked_key(key)
        with _translated(key):
            async with asyncio.timeout(ANSWER_SECONDS):
                try:
                    return (await self._client.head_object(Bucket=self._bucket, Key=key))["ContentLength"]
                except ClientError as error:
                    if code_of(error) not in {"404", "NoSuchKey"}:
                        raise
                    # HEAD has no body that would tell a missing key from a missing bucket
                    await self._client.head_bucket(Bucket=self._bucket)
                    raise ObjectMissing(key) from None


class _BeyondEndError(Exception):
    """The range begins behind the object's last byte."""


@contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Turn what the libraries raise into this service's own errors."""
    try:
        yield
    except ClientError as error:
        if code_of(error) == "NoSuchKey":
            raise ObjectMissing(subject) from None
        if code_of(error) in {"InvalidRange", "416"}:
            raise _BeyondEndError from None
        raise StoreUnavailable(f"{subject}: {error}") from error
    except (BotoCoreError, aiohttp.ClientError, OSError) as error:
        raise StoreUnavailable(f"{subject}: {error or type(error).__name__}") from error


@contextmanager
def _opened(source: Path | bytes) -> Iterator[io.BufferedReader | io.BytesIO]:
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        yield file


def _verified_digest(file: io.BufferedReader | io.BytesIO, sha256: str | None) -> bytes:
    """Not every server verifies the checksum that it is sent, so a spoilt source is found here."""
    digest = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    if sha256 is not None and digest.hex() != sha256:
        raise ChecksumMismatch(f"expected {sha256}, found {digest.hex()}")
    return digest


async def _chunks(key: str, answer: S3Response, piece: int) -> AsyncIterator[bytes]:
    left = answer.length
    while left > 0:
        with _translated(key):
            chunk = await answer.read(piece)
        if not chunk:
            raise StoreUnavailable(f"{key} ended early, {left} bytes before its end")
        left -= len(chunk)
        yield chunk


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _write(body: ObjectBody, to: HeldFile) -> None:
    with os.fdopen(to.file.fileno(), "wb", closefd=False) as file:
        async for chunk in body:
            await asyncio.to_thread(file.write, chunk)


def _tidy(copies: Path) -> None:
    tidy(copies, unlocked=_FORMER_COPY)
    for left in abandoned(Path(tempfile.gettempdir()), _FORMER_COPY):
        with suppress(OSError):
            left.unlink()
            left.parent.rmdir()
