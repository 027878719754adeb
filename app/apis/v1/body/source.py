"""From what came to what an image is to show: bytes that the store holds, or the picture of another image."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from app.apis.v1.body.incoming import Incoming
from app.apis.v1.errors import FormatRefused, Mistake
from app.apis.v1.fields import Schema, Text, Whole
from app.apis.v1.parse import checked_body
from app.db.pool import Database
from app.errors import FormatNotAllowed, ImageRejected, ProductImagesError
from app.events import Observe, UploadAccepted
from app.http.bodies.disposition import file_name_of
from app.model import SOURCE_FORMATS, BlobHash, ImageId
from app.percent import decoded
from app.raster.facts.sniff import kind_of
from app.service.foreign.fetch import Fetcher
from app.service.galleries.v1.input import NewBytes, PictureOf, Source
from app.service.pictures.intake import Blob, Intake, Spool
from app.service.pictures.rejection import rejection
from app.service.pictures.uploaders import has_uploaded

_API: Final = "v1"
_LONGEST_URL: Final = 8000


class _Reference(Schema):
    base64 = Text()
    url = Text(_LONGEST_URL, least=1)
    sha256 = Text(64, pattern="[0-9a-f]{64}")
    image = Whole(1)


def checked_file(found: Incoming, *, fetches: bool) -> tuple[Mapping[str, Any], list[Mistake]]:
    """Which file a body names, and what is wrong with that. `fetches`: whether that may be a URL."""
    if found.reference is None:
        missing = [] if found.spool else [Mistake("/file", "required", "It has to be given.")]
        return {}, [*found.mistakes, *missing]
    reference, mistakes = checked_body(_Reference, found.reference)
    mistakes = [Mistake(f"/file{one.pointer}", one.code, one.detail, one.limit, one.measured) for one in mistakes]
    if not mistakes and len(reference) != 1:
        mistakes = [Mistake("/file", "required", "It has one of base64, url, sha256 and image.")]
    if not fetches and isinstance(found.reference, dict) and "url" in found.reference:
        mistakes = [Mistake("/file/url", "switched_off", "Pictures are not fetched here: FETCH_URLS says so.")]
    return reference, [*mistakes, *found.mistakes]


@contextmanager
def refusals_marked(reference: Mapping[str, Any]) -> Iterator[None]:
    """Marks whatever is refused within by whether that is because of bytes that are not in the body."""
    try:
        yield
    except ProductImagesError as error:
        error.is_elsewhere = bool(reference.keys() - {"base64"})
        raise


class Uploads:
    """Takes pictures in by the rules of the native API. `fetcher` None: URLs are not fetched."""

    def __init__(self, database: Database, intake: Intake, observe: Observe, fetcher: Fetcher | None = None) -> None:
        self._db = database
        self.intake = intake
        self._observe = observe
        self._fetcher = fetcher

    @property
    def fetches(self) -> bool:
        return self._fetcher is not None

    async def source(self, found: Incoming, reference: Mapping[str, Any]) -> Source:
        """ImageRejected; FetchRefused, FetchFailed."""
        if "image" in reference:
            return PictureOf(ImageId(reference["image"]))
        if "sha256" in reference:
            return NewBytes(await self._recalled(BlobHash(reference["sha256"])))
        if "url" in reference and self._fetcher is not None:
            return await self._fetched(self._fetcher, reference["url"])
        if found.spool is None:
            raise ImageRejected("no bytes")
        return NewBytes(await self._kept(found.spool), found.name, found.declared)

    async def _recalled(self, blob: BlobHash) -> Blob:
        """Bytes that who acts has uploaded before; of others nothing is told."""
        recalled = await self.intake.recall(blob) if await has_uploaded(self._db, blob) else None
        if recalled is None:
            raise ImageRejected(f"{blob} is none of this key's uploads")
        return recalled

    async def _fetched(self, fetcher: Fetcher, url: str) -> NewBytes:
        """What is at a URL, which is read whole before anything is looked at."""
        async with self.intake.spool() as spool:
            async with fetcher.open(url) as remote:
                name = file_name_of(remote.disposition) or decoded(remote.segment, "replace")
                async for chunk in remote.chunks:
                    await spool.write(chunk)
            return NewBytes(await self._kept(spool), name or None)

    async def _kept(self, spool: Spool) -> Blob:
        started = time.perf_counter()
        try:
            blob = await self.intake.keep(spool, SOURCE_FORMATS)
        except ImageRejected as error:
            self._observe(rejection(_API, error, spool))
            raise _reworded(error, kind_of(spool.head)) from error
        self._observe(UploadAccepted(_API, blob.size, time.perf_counter() - started))
        return blob


def _reworded(error: ImageRejected, kind: str) -> ImageRejected:
    """A format that nobody knows is no image; of others it is told which it is."""
    if not isinstance(error, FormatNotAllowed):
        return error
    return ImageRejected(error.reason) if kind in ("unknown", "empty") else FormatRefused(kind)
