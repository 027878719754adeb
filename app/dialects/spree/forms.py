"""Request bodies in every form that is understood, files going to disk as they come. Source: spree.md, section 7."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from aiohttp.web import Request

from app.dialects.spree.errors import Malformed
from app.dialects.spree.filename import disposition_parameter
from app.dialects.spree.files import Files
from app.dialects.spree.match import OVERRIDES
from app.dialects.spree.multipart import Part, parts
from app.dialects.spree.params import MOST_FIELDS, Params, nested, wrapped
from app.errors import BodyTooLarge
from app.http.body import body_chunks, read_body
from app.service.file_names import UNNAMED, sanitised, scrubbed

ATTACHMENT: Final = "image[attachment]"
_FORM: Final = "application/x-www-form-urlencoded"
_MUCH: Final = 256 * 1024  # bytes from which on a body counts as an upload
_LITTLE: Final = 64 * 1024  # bytes of text that take no time worth mentioning to parse
_MOST_SIGNS: Final = 20_000  # what JSON may have of these, which is more than any document needs
_SIGNS: Final = (b",", b":", b"[", b"{")
_LONG_NUMBER: Final = re.compile(rb"\d{19}")
_LONGEST_NUMBER: Final = 30  # digits that are kept exactly


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
        wish = wish or request.headers.get("X-HTTP-Method-Override")
        return wish.upper() if isinstance(wish, str) and wish.upper() in OVERRIDES else "POST"


async def parse_body(request: Request, files: Files, limit: int) -> Body:
    """The body's parameters; none for a media type that is not parsed.

    Raises Malformed, Busy and what `body_chunks` raises; `limit` in bytes. What is no file is held in memory
    and parsed at one go: an admin's may be a picture as text and takes the slot of an upload, anybody else's
    is short.
    """
    if not request.body_exists:
        return Body({})
    is_admin = files.standing == "admin"
    most_text = limit if is_admin else min(limit, _LITTLE)
    if is_admin and (request.content_length or limit) > _MUCH:
        await files.reserve()
    if request.content_type == "multipart/form-data":
        pieces = parts(files.in_time(body_chunks(request, limit)), request.headers["Content-Type"])
        return Body(nested(await _fields(pieces, files, most_text)), form=True)
    if request.content_type == _FORM or "Content-Type" not in request.headers:
        text = (await read_body(request, most_text)).decode("utf-8", "replace")
        return Body(await asyncio.to_thread(pairs, text) if len(text) > _LITTLE else pairs(text), form=True)
    if request.content_type == "application/json":
        return Body(wrapped(_json(await _json_text(request, most_text))))
    return Body({})


def pairs(encoded: str) -> Params:
    """The parameters of an urlencoded form or of a query."""
    if not encoded:
        return {}
    try:
        return nested(parse_qsl(encoded, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Malformed(f"more than {MOST_FIELDS} fields") from None


async def _json_text(request: Request, most: int) -> bytes:
    """The body, refused while it arrives where it would make very many objects."""
    chunks, signs = [], 0
    async for chunk in body_chunks(request, most):
        signs += sum(map(chunk.count, _SIGNS))
        if signs > _MOST_SIGNS:
            raise Malformed("JSON of too many values")
        chunks.append(chunk)
    return b"".join(chunks)


def _json(text: bytes) -> Any:
    if not text.strip():
        return {}
    try:
        document = orjson.loads(text)
        # the fast parser rounds integers of more than 64 bits, and a refusal names the id that was asked for
        return json.loads(text, parse_int=_number) if _LONG_NUMBER.search(text) else document
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float(digits)


async def _fields(pieces: AsyncIterator[Part], files: Files, most_text: int) -> list[tuple[str, object]]:
    fields: list[tuple[str, object]] = []
    async for part in pieces:
        if len(fields) == MOST_FIELDS:
            raise Malformed(f"more than {MOST_FIELDS} fields")
        name, value = await _field(part, files, most_text)
        if name == "token" and isinstance(value, str):
            files.key = value
        most_text -= len(name) + (len(value) if isinstance(value, str) else 0)
        fields.append((name, value))
        await asyncio.sleep(0)  # one chunk may hold hundreds of parts
    return fields


async def _field(part: Part, files: Files, most_text: int) -> tuple[str, object]:
    """A file for the attachment (an empty field where none was chosen), a text for other fields."""
    disposition = part.headers.get("content-disposition", "")
    name = scrubbed(disposition_parameter(disposition, "name") or "")
    filename = _filename(disposition, part.headers)
    if filename is None:
        return name, await _text(part, most_text)
    if name != ATTACHMENT or not filename:
        return name, "" if name == ATTACHMENT else []
    return name, await files.receive(sanitised(filename), part.content)


async def _text(part: Part, most: int) -> str:
    text = bytearray()
    async for piece in part.content:
        text += piece
        if len(text) > most:
            raise BodyTooLarge(f"more than {most} bytes of text")
    return text.decode("utf-8", "replace")


def _filename(disposition: str, headers: Mapping[str, str]) -> str | None:
    """The file name of a part, None for a plain field; bytes of an image need none to be a file."""
    name = disposition_parameter(disposition, "filename")
    if name is not None:
        return name
    extended = disposition_parameter(disposition, "filename*")
    if extended is not None:
        return extended.rpartition("'")[2]
    return UNNAMED if headers.get("content-type", "").startswith("image/") else None
