"""From what came to what an image is to show: bytes that the store holds, or the picture of another image."""

import time
from collections.abc import Mapping
from typing import Any, Final

from app.apis.v1.body.incoming import Incoming
from app.apis.v1.body.said import SwitchedOff
from app.apis.v1.errors import FormatRefused, Mistake
from app.apis.v1.fields import Schema, Text, Whole
from app.apis.v1.parse import checked_body
from app.db.pool import Database
from app.errors import FormatNotAllowed, ImageRejected
from app.events import Observe, UploadAccepted
from app.model import SOURCE_FORMATS, BlobHash, ImageId
from app.raster.facts.sniff import kind_of
from app.service.galleries.v1.said import NewBytes, PictureOf, Source
from app.service.pictures.intake import Blob, Intake, Spool
from app.service.pictures.rejection import rejection
from app.service.pictures.uploaders import has_uploaded

_ROOM: Final = "v1"


class _Reference(Schema):
    base64 = Text()
    url = SwitchedOff()
    sha256 = Text(64, pattern="[0-9a-f]{64}")
    image = Whole(1)


def checked_file(found: Incoming) -> tuple[Mapping[str, Any], list[Mistake]]:
    """Which file a body names, and what is wrong with that."""
    if found.reference is None:
        missing = [] if found.spool else [Mistake("/file", "required", "It has to be given.")]
        return {}, [*found.mistakes, *missing]
    reference, mistakes = checked_body(_Reference, found.reference)
    mistakes = [Mistake(f"/file{one.pointer}", one.code, one.detail, one.limit, one.measured) for one in mistakes]
    if not mistakes and len(reference) != 1:
        mistakes = [Mistake("/file", "required", "It has one of base64, sha256 and image.")]
    return reference, [*mistakes, *found.mistakes]


class Uploads:
    """Takes pictures in by the rules of the native API."""

    def __init__(self, database: Database, intake: Intake, observe: Observe) -> None:
        self._db = database
        self.intake = intake
        self._observe = observe

    async def source(self, found: Incoming, reference: Mapping[str, Any]) -> Source:
        """ImageRejected."""
        if "image" in reference:
            return PictureOf(ImageId(reference["image"]))
        if "sha256" in reference:
            return NewBytes(await self._recalled(BlobHash(reference["sha256"])))
        if found.spool is None:
            raise ImageRejected("no bytes")
        return NewBytes(await self._kept(found.spool), found.name)

    async def _recalled(self, blob: BlobHash) -> Blob:
        """Bytes that who acts has uploaded before; of others nothing is told."""
        recalled = await self.intake.recall(blob) if await has_uploaded(self._db, blob) else None
        if recalled is None:
            raise ImageRejected(f"{blob} is none of this key's uploads")
        return recalled

    async def _kept(self, spool: Spool) -> Blob:
        started = time.perf_counter()
        try:
            blob = await self.intake.keep(spool, SOURCE_FORMATS)
        except ImageRejected as error:
            self._observe(rejection(_ROOM, error, spool))
            raise _told(error, kind_of(spool.head)) from error
        self._observe(UploadAccepted(_ROOM, blob.size, time.perf_counter() - started))
        return blob


def _told(error: ImageRejected, kind: str) -> ImageRejected:
    """A format that nobody knows is no image; of others it is told which it is."""
    if not isinstance(error, FormatNotAllowed):
        return error
    return ImageRejected(error.reason) if kind in ("unknown", "empty") else FormatRefused(kind)
