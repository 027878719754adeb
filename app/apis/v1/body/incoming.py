"""From a body in any of its forms to what it says of an image, with the file on disc."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.body.base64_text import Base64Text
from app.apis.v1.body.fields import as_members
from app.apis.v1.call import MOST_JSON
from app.apis.v1.digest import checked
from app.apis.v1.errors import Malformed, Mistake, UnsupportedMediaType, below
from app.apis.v1.parse import media_type_of, parsed, read_query
from app.errors import BodyTooLarge
from app.http.bodies.disposition import disposition_parameter, file_name_of
from app.http.bodies.diverted import Diversion
from app.http.bodies.json_scan import JsonScanner
from app.http.bodies.media_type import media_type
from app.http.bodies.multipart import Part, parts
from app.http.bodies.pieces import JSON_MARKS, pieces
from app.http.body import body_chunks
from app.service.pictures.intake import Intake, Spool

_FILE: Final = "file"
_DATA: Final = "data"
_MOST_PARTS: Final = 100


@dataclass(slots=True)
class Incoming:
    """`members` as JSON says them, still unchecked; `reference` is the member `file` of a body that names a file
    instead of having it in itself. `declared` is the media type that the file is said to have. `mistakes` are of the
    form of the body; those of members that came in a query stand at `?name`."""

    members: Any = field(default_factory=dict)
    spool: Spool | None = None
    name: str | None = None
    declared: str | None = None
    reference: Any = None
    mistakes: list[Mistake] = field(default_factory=list)
    in_query: bool = False

    def join(self, data: Any) -> None:
        """What a part of JSON says, beside the parts that say one member each."""
        if not isinstance(data, dict):
            self.members = data
            return
        self.mistakes += [_twice(name) for name in sorted(data.keys() & self.members.keys())]
        self.members = {**data, **self.members}


async def incoming(request: web.Request, intake: Intake, stack: AsyncExitStack, most: int) -> Incoming:
    """Reads a body, its file into a spool that lasts as long as `stack`. UnsupportedMediaType, Malformed, Busy,
    FileTooLarge, and what `body_chunks` raises; `most` in bytes."""
    chunks = checked(request, body_chunks(request, most))
    reader = _Reader(request, intake, stack)
    kind = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    if kind.startswith("image/"):
        return await reader.raw(chunks)
    if kind == "multipart/form-data":  # some clients name a charset here, which means nothing: parts have their own
        return await reader.form(chunks)
    if media_type_of(request) == "application/json":
        return await reader.json(chunks)
    raise UnsupportedMediaType(request.headers.get(hdrs.CONTENT_TYPE, "none")[:100])


class _Reader:
    def __init__(self, request: web.Request, intake: Intake, stack: AsyncExitStack) -> None:
        self._request = request
        self._intake = intake
        self._stack = stack

    async def _spool(self) -> Spool:
        return await self._stack.enter_async_context(self._intake.spool(self._request.content_length or 0))

    async def raw(self, chunks: AsyncIterator[bytes]) -> Incoming:
        """The bytes themselves; all else is said in the query."""
        texts = read_query(self._request.rel_url.raw_query_string)
        found = Incoming(as_members(texts), in_query=True)
        found.spool = await self._spool()
        async for chunk in chunks:
            await found.spool.write(chunk)
        disposition = self._request.headers.get(hdrs.CONTENT_DISPOSITION, "")
        found.name = file_name_of(disposition)
        found.declared = media_type(self._request.headers.get(hdrs.CONTENT_TYPE))
        return found

    async def form(self, chunks: AsyncIterator[bytes]) -> Incoming:
        """A part `file`, and all else as parts of its name, or in one part `data` of JSON."""
        found, texts, room, count = Incoming(), dict[str, list[str]](), MOST_JSON, 0
        async for part in parts(chunks, self._request.headers[hdrs.CONTENT_TYPE]):
            count += 1
            if count > _MOST_PARTS:
                raise Malformed(f"The form has more than {_MOST_PARTS} parts.")
            name = disposition_parameter(part.headers.get("content-disposition", ""), "name") or ""
            if name == _FILE:
                await self._receive(found, part)
                continue
            text = await _text(part, room)
            room -= len(text)
            texts.setdefault(name, []).append(_decoded(text))
        data = texts.pop(_DATA, [])
        found.members = as_members(texts)
        if len(data) > 1:
            found.mistakes.append(_twice(_DATA))
        elif data:
            found.join(parsed(data[0].encode()))
        return found

    async def _receive(self, found: Incoming, part: Part) -> None:
        if found.spool is None:
            found.spool = await self._spool()
        else:
            found.mistakes = [_twice(_FILE)]
            await found.spool.restart()
        disposition = part.headers.get("content-disposition", "")
        found.name = disposition_parameter(disposition, "filename") or file_name_of(disposition)
        found.declared = media_type(part.headers.get("content-type"))
        async for chunk in part.content:
            await found.spool.write(chunk)

    async def json(self, chunks: AsyncIterator[bytes]) -> Incoming:
        """An object whose member `file` has the bytes as base64, or names them."""
        text = Base64Text()
        diversion, scanner = Diversion(text, self._spool), JsonScanner((_FILE, "base64"), text, MOST_JSON)
        try:
            async for chunk in chunks:
                for piece in pieces(chunk, JSON_MARKS):
                    scanner.feed(piece)
                    await diversion.flush()
                    await asyncio.sleep(0)
            scanner.end()
        except ValueError:
            raise Malformed("The body is no JSON.") from None
        if scanner.is_marked:
            raise Malformed("The body is no JSON: it begins with a byte order mark.")
        value = await asyncio.to_thread(parsed, bytes(scanner.rest))
        text.finish()
        await diversion.flush()
        found = Incoming(value, diversion.sink)
        if isinstance(value, dict):
            found.reference = value.pop(_FILE, None)
        if text.given and text.bad:
            found.mistakes = [Mistake("/file/base64", "invalid_base64", "It is no base64.")]
        return found


def _twice(member: str) -> Mistake:
    return Mistake(below("", member), "wrong_type", "It is given more than once.")


async def _text(part: Part, room: int) -> bytes:
    text = bytearray()
    async for chunk in part.content:
        text += chunk
        if len(text) > room:
            raise BodyTooLarge(f"more than {MOST_JSON} bytes besides the file")
    return bytes(text)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Malformed("The form is not UTF-8.") from None
