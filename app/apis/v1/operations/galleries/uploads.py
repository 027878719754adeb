"""Uploads: `POST /v1/products/{sku}/images`, `PUT /v1/images/{id}/file`."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final, cast

from aiohttp import hdrs, web

from app.apis.v1.body.image import ImageBody, unknown_names
from app.apis.v1.body.incoming import Incoming, incoming
from app.apis.v1.body.source import checked_file, refusals_marked
from app.apis.v1.call import OWN, Call, Row
from app.apis.v1.conditions import guarded, revisions_of
from app.apis.v1.documents.wait import may_wait
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Schema
from app.apis.v1.operations.galleries.image_writes import document, number_of, show, show_made
from app.apis.v1.parse import checked_body, checked_query, read_query
from app.http.retries.answers import require_first
from app.openapi.sections import Content, Response, json, record, ref
from app.service.galleries.v1.input import ImageInput


async def upload_image(call: Call) -> web.Response:
    async with AsyncExitStack() as stack:
        found, given, reference = await _taken(call, stack)
        product = await call.services.writer.product(call.params["sku"])
        with refusals_marked(reference):
            source = await call.services.uploads.source(found, reference)
            made = await call.services.writer.create(product, source, given)
    may_wait(call, made.id, partial(show, call, made.id, status=201))
    return await show_made(call, made)


async def replace_file(call: Call) -> web.Response:
    number = number_of(call)
    revisions = revisions_of(call.request, f"{number}-")
    async with AsyncExitStack() as stack:
        found, given, reference = await _taken(call, stack)
        await guarded(call.services.writer.check(number, revisions), lambda: document(call, number))
        with refusals_marked(reference):
            source = await call.services.uploads.source(found, reference)
            change = call.services.writer.replace(number, source, given, revisions)
            await guarded(change, lambda: document(call, number))
    may_wait(call, number, partial(show, call, number))
    return await show(call, number)


async def _taken(call: Call, stack: AsyncExitStack) -> tuple[Incoming, ImageInput, Mapping[str, Any]]:
    """What a body says once nothing is wrong with its members."""
    most = call.services.settings.max_body_bytes
    found = await incoming(call.request, call.services.uploads.intake, stack, most)
    await require_first()
    members, mistakes = checked_body(ImageBody, found.members)
    mistakes += await unknown_names(call.services, found.members)
    reference, of_file = checked_file(found, fetches=call.services.uploads.fetches)
    refuse([*_placed(call, found, mistakes), *of_file])
    return found, cast("ImageInput", members), reference


def _placed(call: Call, found: Incoming, mistakes: list[Mistake]) -> list[Mistake]:
    """Of members that came in the query mistakes are told there; beside other bodies it may have none."""
    if not found.in_query:
        return [*checked_query(Schema, read_query(call.request.rel_url.raw_query_string))[1], *mistakes]
    return [Mistake(f"?{one.pointer.split('/')[1]}", one.code, one.detail, one.limit, one.measured) for one in mistakes]


_PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_BINARY: Final = {"type": "string", "format": "binary"}
_GIVEN: Final = ImageBody.json_schema()["properties"]
_FILE: Final = {
    "type": "object",
    "properties": {
        "base64": {"type": "string", "description": "The bytes, also as a data URI."},
        "url": {"type": "string", "description": "Where it is fetched from, if `FETCH_URLS` allows it."},
        "sha256": {"type": "string", "description": "Of bytes that this key has uploaded before."},
        "image": {"type": "integer", "description": "Id of an image whose picture is shared."},
    },
    "additionalProperties": False,
}
_BODY: Final = Content(
    {
        "application/json": record({"file": _FILE, **_GIVEN}, optional=tuple(_GIVEN)),
        "multipart/form-data": record({"file": _BINARY, **_GIVEN}, optional=tuple(_GIVEN)),
        "image/*": _BINARY,
    },
    examples={"application/json": {"file": {"base64": _PIXEL}, "label": "A pixel"}},
)
_MADE: Final = Response("The new image.", json(ref("Image")), (hdrs.LOCATION, hdrs.ETAG))

SCHEMAS: Final[dict[str, Any]] = {}

ROWS: Final = (
    Row(
        "POST",
        "/v1/products/{sku}/images",
        "editor",
        upload_image,
        "Add an image: a form with a part `file`, JSON with the file as base64, or the bytes themselves as `image/*` "
        "with all else in the query.",
        {201: _MADE},
        body=OWN,
        content=_BODY,
        refusals=(409,),
    ),
    Row(
        "PUT",
        "/v1/images/{id}/file",
        "editor",
        replace_file,
        "Give an image another file, in any of the forms of an upload; the same bytes change nothing.",
        {200: Response("The image as it is now.", json(ref("Image")), (hdrs.ETAG,))},
        body=OWN,
        content=_BODY,
        refusals=(409, 412),
    ),
)
