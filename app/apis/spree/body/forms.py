"""Request bodies in every form that is understood, files going to disk as they come. Source: spree.md, section 7."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp.web import Request

from app import percent
from app.apis.spree.body.files import Files
from app.apis.spree.body.json_body import read_json
from app.apis.spree.body.params import MOST_FIELDS, Params, nested, wrapped
from app.apis.spree.body.texts import begins_text, declared_charset, decoded_in_slices, decoded_pairs, split_pairs
from app.apis.spree.errors import Malformed, Undecodable
from app.apis.spree.match import OVERRIDES
from app.errors import BodyTooLarge
from app.http.bodies.disposition import disposition_parameter
from app.http.bodies.media_type import media_type
from app.http.bodies.multipart import Part, parts
from app.http.body import body_chunks, read_body
from app.service.pictures.file_names import UNNAMED, sanitised, scrubbed

ATTACHMENT: Final = "image[attachment]"
_CHARSET_FIELD: Final = "_charset_"
_HEAD: Final = 1024  # bytes that tell a text from a file
_FORM: Final = "application/x-www-form-urlencoded"
_MUCH: Final = 256 * 1024  # bytes from which on a body counts as an upload
_LITTLE: Final = 64 * 1024  # bytes of text that take no time worth mentioning to parse

METHOD_OVERRIDE: Final = "X-HTTP-Method-Override"


@dataclass(frozen=True, slots=True)
class Body:
    """The parameters of a body, and whether it was a form (whose `_method` counts)."""

    params: Params
    form: bool = False

    def verb(self, request: Request) -> str:
        """The method that the request asks to be treated as."""
        if request.method != "POST":
            return request.method
        wish = self.params.get("_method") if self.form else None
        wish = wish or request.headers.get(METHOD_OVERRIDE)
        return wish.upper() if isinstance(wish, str) and wish.upper() in OVERRIDES else "POST"


async def parse_body(request: Request, files: Files, limit: int) -> Body:
    """The body's parameters; none for a media type that is not parsed.

    Raises Malformed, Undecodable, Busy and what `body_chunks` raises; `limit` in bytes. What is no file is held in
    memory and parsed at one go: an admin's may be a picture as text and takes the slot of an upload, anybody else's
    is short.
    """
    if not request.body_exists:
        return Body({})
    is_admin = files.standing == "admin"
    most_text = limit if is_admin else min(limit, _LITTLE)
    if is_admin and (request.content_length or limit) > _MUCH:
        await files.reserve()
    charset = declared_charset(request.headers.get("Content-Type", ""))
    if request.content_type == "multipart/form-data":
        pieces = parts(files.in_time(body_chunks(request, limit)), request.headers["Content-Type"])
        return Body(nested(await _fields(pieces, files, most_text, charset)), form=True)
    if request.content_type == _FORM or "Content-Type" not in request.headers:
        return Body(await _form(await read_body(request, most_text), charset), form=True)
    if request.content_type == "application/json":
        return Body(wrapped(await read_json(body_chunks(request, most_text), charset)))
    return Body({})


def query_params(encoded: str) -> Params:
    """The parameters of a query as it came; Malformed, Undecodable."""
    if not encoded:
        return {}
    return nested(decoded_pairs(encoded.encode("utf-8", "surrogateescape"), None, MOST_FIELDS))


async def _form(encoded: bytes, charset: str | None) -> Params:
    fields = []
    for spelled, value in split_pairs(encoded, MOST_FIELDS):
        name = await _decoded(spelled, charset)
        is_uri = name == ATTACHMENT and value.startswith((b"data:", b"data%3A", b"data%3a"))
        fields.append((name, await _decoded(value, charset, blank=b"+" if is_uri else b" ")))
    return nested(fields)


async def _decoded(spelled: bytes, charset: str | None, blank: bytes = b" ") -> str:
    """A part of a form, in which `+` is a blank, and a blank of a data URI is a bare `+`."""
    return await decoded_in_slices(await percent.decoded_in_slices(spelled, plus=b" ", blank=blank), charset)


async def _fields(
    pieces: AsyncIterator[Part], files: Files, most_text: int, charset: str | None
) -> list[tuple[str, object]]:
    fields: list[tuple[str, object]] = []
    async for part in pieces:
        if len(fields) == MOST_FIELDS:
            raise Malformed(f"more than {MOST_FIELDS} fields")
        name, value = await _field(part, files, most_text, charset)
        if name == _CHARSET_FIELD and isinstance(value, str):
            charset = value
        if name == "token" and isinstance(value, str):
            files.key = value
        most_text -= len(name) + (len(value) if isinstance(value, str) else 0)
        if value is not None:
            fields.append((name, value))
        await asyncio.sleep(0)  # one chunk may hold hundreds of parts
    return fields


async def _field(part: Part, files: Files, most_text: int, charset: str | None) -> tuple[str, object | None]:
    """A file for the attachment, a text for other fields; None where no file was chosen."""
    disposition = part.headers.get("content-disposition", "")
    name = _name(disposition)
    filename = _filename(disposition, part.headers)
    if filename == "":
        return name, None
    if filename is not None:
        if name != ATTACHMENT:
            return name, []
        return name, await files.receive(
            sanitised(filename), part.content, media_type(part.headers.get("content-type"))
        )
    charset = declared_charset(part.headers.get("content-type", "")) or charset
    if name != ATTACHMENT:
        return name, await _text(part.content, most_text, charset)
    head, content = await _peeked(part.content)
    if begins_text(head, charset):
        return name, await _text(content, most_text, charset)
    return name, await files.receive(UNNAMED, content)  # a file that was sent without its name


def _name(disposition: str) -> str:
    name = disposition_parameter(disposition, "name") or ""
    if scrubbed(name) != name:
        raise Undecodable("the name of a part")
    return name


async def _peeked(content: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first bytes, and all of them."""
    head = b""
    async for piece in content:
        head += piece
        if len(head) >= _HEAD:
            break

    async def whole() -> AsyncIterator[bytes]:
        yield head
        async for piece in content:
            yield piece

    return head, whole()


async def _text(content: AsyncIterator[bytes], most: int, charset: str | None) -> str:
    text = bytearray()
    async for piece in content:
        text += piece
        if len(text) > most:
            raise BodyTooLarge(f"more than {most} bytes of text")
    return await decoded_in_slices(bytes(text), charset)


def _filename(disposition: str, headers: Mapping[str, str]) -> str | None:
    """The file name of a part, None for a plain field; bytes of an image need none to be a file."""
    name = disposition_parameter(disposition, "filename")
    if name is not None:
        return _readable(name)
    extended = disposition_parameter(disposition, "filename*")
    if extended is not None:
        return _readable(extended.rpartition("'")[2])
    return UNNAMED if headers.get("content-type", "").startswith("image/") else None


def _readable(name: str) -> str:
    """A file's name may be spelled anyhow: it is only a name."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
