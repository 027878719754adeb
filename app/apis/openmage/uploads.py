"""What a client sends: bodies on their way in, and the image in them on its way to the store."""

import time
from contextlib import AsyncExitStack
from typing import Final

from aiohttp import hdrs, web

from app.apis.openmage.body.content import body_format
from app.apis.openmage.body.reader import ParsedBody, read_body
from app.errors import FileTooLarge, ImageRejected
from app.events import Observe, UploadAccepted
from app.http.body import body_chunks
from app.model import Format
from app.service.pictures.intake import Blob, Intake, Spool
from app.service.pictures.rejection import rejection

FORMATS: Final = frozenset[Format](("jpeg", "png", "gif", "webp"))
"""What an upload may be, whatever media type it claims."""


class Uploads:
    """`limit` is the largest body, in bytes."""

    def __init__(self, intake: Intake, limit: int, observe: Observe) -> None:
        self._intake = intake
        self._limit = limit
        self._observe = observe

    async def body(self, request: web.Request, stack: AsyncExitStack) -> ParsedBody[Spool]:
        """The body, its image in a spool that lasts as long as `stack`; raises what `read_body` does."""
        headers = request.headers
        encoding = headers.get(hdrs.CONTENT_ENCODING, "")
        format = body_format(headers.get(hdrs.CONTENT_TYPE, ""), encoding)  # noqa: A001

        announced = (request.content_length or 0) // 4 * 3  # of base64, and hardly anything else
        spools: list[Spool] = []

        async def open_spool() -> Spool:
            spools.append(await stack.enter_async_context(self._intake.spool(announced)))
            return spools[-1]

        try:
            return await read_body(format, body_chunks(request, self._limit), open_spool)
        except FileTooLarge as error:
            self._observe(rejection("openmage", error, spools[-1]))
            raise

    async def keep(self, spool: Spool) -> Blob:
        """The image, once the store has it; ImageRejected."""
        started = time.perf_counter()
        try:
            blob = await self._intake.keep(spool, FORMATS)
        except ImageRejected as error:
            self._observe(rejection("openmage", error, spool))
            raise
        self._observe(UploadAccepted("openmage", blob.size, time.perf_counter() - started))
        return blob
