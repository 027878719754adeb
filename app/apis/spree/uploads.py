"""From an attachment, however it was sent, to bytes that the store holds. Source: spree.md, sections 7 and 8."""

import re
import time
from pathlib import Path
from typing import Final

from app.apis.spree import validation
from app.apis.spree.body import data_uri
from app.apis.spree.body.files import Files
from app.apis.spree.body.params import Absent, Attachment, Cleared, Upload
from app.apis.spree.errors import Invalid, Unusable
from app.errors import CodecFailed, Excess, FileTooLarge, FormatNotAllowed, ImageLimitExceeded, ImageUndecodable
from app.events import Observe, UploadAccepted
from app.http.bodies.disposition import disposition_parameter
from app.model import Facts
from app.raster.child.pool import CodecPool
from app.service.foreign.fetch import Fetcher, Remote
from app.service.galleries.spree.writer import StoredUpload
from app.service.pictures.file_names import sanitised
from app.service.pictures.intake import Intake
from app.service.pictures.rejection import rejection
from app.settings import Settings

_LONGEST_ECHO: Final = 1000
_URL: Final = re.compile(r"\s{0,1000}https?://", re.IGNORECASE)


class Uploads:
    """`fetcher` None: URLs are not fetched."""

    def __init__(
        self, settings: Settings, intake: Intake, codecs: CodecPool, observe: Observe, fetcher: Fetcher | None
    ) -> None:
        self._settings = settings
        self._accepted = validation.ACCEPTED.union(settings.spree_formats)
        self._intake = intake
        self._codecs = codecs
        self._observe = observe
        self._fetcher = fetcher

    async def take(self, attachment: Attachment, files: Files) -> StoredUpload | None:
        """The stored file, None where none was sent; Invalid, Unusable, BlobBarred."""
        match attachment:
            case Absent():
                return None
            case Cleared():
                raise Invalid(validation.BLANK)
            case Upload():
                return await self._store(attachment, files)
            case str():
                return await self._store(await self._resolve(attachment, files), files)

    async def _resolve(self, text: str, files: Files) -> Upload:
        """A text that stands for a file."""
        start = data_uri.payload_start(text)
        if start is not None:
            return await files.receive(data_uri.NAME, data_uri.decoded(text, start), data_uri.declared(text))
        if self._fetcher is not None and _URL.match(text):
            async with self._fetcher.open(text.strip()) as remote:
                return await files.receive(_remote_name(remote), remote.chunks)
        raise Unusable(f"No handler found for {_inspected(text)}")

    async def _store(self, upload: Upload, files: Files) -> StoredUpload:
        started = time.perf_counter()
        try:
            stored = await self._checked(upload, files)
        except Invalid as error:
            self._observe(rejection("spree", error.__cause__ or error, files.spool))
            raise
        self._observe(UploadAccepted("spree", stored.blob.size, time.perf_counter() - started))
        return stored

    async def _checked(self, upload: Upload, files: Files) -> StoredUpload:
        if upload.too_large:
            most = self._settings.max_image_bytes
            too_large = FileTooLarge(excess=Excess("MAX_IMAGE_BYTES", most, files.spool.size))
            raise Invalid(validation.too_large(most)) from too_large
        if errors := validation.name_and_type_errors(upload.name, upload.head, self._accepted):
            raise Invalid(errors)
        try:
            blob = await self._intake.keep(files.spool, self._accepted, self._inspect)
        except (ImageUndecodable, CodecFailed, FormatNotAllowed) as error:
            raise Invalid(validation.undecodable(upload.name)) from error
        except ImageLimitExceeded as error:
            limits = self._settings
            errors = validation.beyond_limits(limits.max_pixels, limits.max_total_pixels, limits.max_frames)
            raise Invalid(errors) from error
        return StoredUpload(blob, upload.name, upload.declared)

    async def _inspect(self, path: Path) -> Facts:
        """A JPEG that ends behind the header of its scan is taken if it can be shown as far as it goes."""
        return await self._codecs.inspect(path, whole=False, allowed=self._accepted)


def _remote_name(remote: Remote) -> str:
    named = disposition_parameter(remote.disposition, "filename")
    return sanitised(named or remote.segment or "index.html")


def _inspected(text: str) -> str:
    """In quotes, as the original's messages show a text."""
    return '"' + text[:_LONGEST_ECHO].replace("\\", "\\\\").replace('"', '\\"') + '"'
