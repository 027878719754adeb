"""Pictures, wherever they are used: `GET` and `PATCH /v1/pictures/{id}`, `GET /v1/images/{id}/file`."""

import re
from pathlib import PurePosixPath
from typing import Any, Final

import marshmallow
from aiohttp import hdrs, web

from app.apis.v1.body.image import LONGEST_LABEL, Named
from app.apis.v1.cached_answers import answer_read
from app.apis.v1.call import MERGE_PATCH, Call, Row
from app.apis.v1.conditions import guarded, revisions_of
from app.apis.v1.documents.pictures import SCHEMAS as DOCUMENTS
from app.apis.v1.documents.pictures import picture_document
from app.apis.v1.fields import Schema, Text, wrong
from app.apis.v1.parse import number_in_path
from app.errors import ImageNotFound, ObjectMissing, PictureNotFound
from app.http.respond import represent_attachment, send_object
from app.http.streams import Stored
from app.model import FORMAT_OF_EXTENSION, SOURCE_MEDIA_TYPES
from app.openapi.sections import Response, json, ref
from app.service.galleries.v1.pictures import Upload
from app.service.pictures.originals import lost
from app.store import blob_key

_LOCALE: Final = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]{1,8}){0,4}", re.ASCII)


class _Texts(Schema):
    large = Text(LONGEST_LABEL, allow_none=True)
    small = Text(LONGEST_LABEL, allow_none=True)


class _ByLocale(Named):
    """Texts by locale."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        strange = [name for name in value if not _LOCALE.fullmatch(name)] if isinstance(value, dict) else []
        mistakes: dict[Any, Any] = {
            name: wrong("out_of_range", "It is no locale such as de_DE.").messages for name in strange
        }
        found: dict[str, Any] = {}
        try:
            found = super()._deserialize(value, *args, **kwargs)
        except marshmallow.ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            mistakes = {**error.messages, **mistakes}
        if mistakes:
            raise marshmallow.ValidationError(mistakes)
        return found


class _Picture(Schema):
    """What is absent is left as it is."""

    texts = _ByLocale(_Texts, allow_none=True)


async def show_picture(call: Call) -> web.StreamResponse:
    number = _number(call)
    value = await _document(call, number)
    return answer_read(call, value, f"{_tagged(number)}{value['revision']}-")


async def change_picture(call: Call) -> web.StreamResponse:
    number = _number(call)
    revisions = revisions_of(call.request, _tagged(number))
    change = call.services.picture_texts.patch(number, call.body.get("texts", {}), revisions)
    await guarded(change, lambda: _document(call, number))
    return await show_picture(call)


async def send_upload(call: Call) -> web.StreamResponse:
    """Whole or in part."""
    upload = await call.services.pictures.upload(number_in_path(call.params["id"], ImageNotFound))
    about = represent_attachment(
        size=upload.size,
        media_type=SOURCE_MEDIA_TYPES[upload.format],
        etag=f'"{upload.blob}"',
        filename=_saved_as(upload),
    )
    try:
        return await send_object(call.request, about, Stored(call.services.store, blob_key(upload.blob), upload.size))
    except ObjectMissing as error:
        raise await lost(call.services.database, upload.blob) from error


def _saved_as(upload: Upload) -> str:
    """The image's name, with the extension of the file that came."""
    name = PurePosixPath(upload.name or upload.blob[:16])
    extension = name.suffix[1:].lower()
    if FORMAT_OF_EXTENSION.get(extension, extension) == upload.format:
        return name.name
    return f"{name.stem}.{'jpg' if upload.format == 'jpeg' else upload.format}"


def _number(call: Call) -> int:
    return number_in_path(call.params["id"], PictureNotFound)


def _tagged(number: int) -> str:
    """The beginning of its tags, which the revision follows."""
    return f"picture{number}-"


async def _document(call: Call, number: int) -> dict[str, Any]:
    return picture_document(await call.services.pictures.picture(number))


SCHEMAS: Final = DOCUMENTS

_PICTURE: Final = json(ref("Picture"))
_FILE: Final = json({"type": "string", "format": "binary"}, media_type="image/*")

ROWS: Final = (
    Row(
        "GET",
        "/v1/pictures/{id}",
        "reader",
        show_picture,
        "A picture with its texts and the images and sets that show it: the first 1,000 of each, `more` says whether "
        "there are others.",
        {
            200: Response("The picture.", _PICTURE, (hdrs.ETAG,)),
            304: Response("It is still the one that `If-None-Match` names."),
        },
    ),
    Row(
        "PATCH",
        "/v1/pictures/{id}",
        "editor",
        change_picture,
        "Change the alternative texts of a picture, wherever it is used: a merge patch (RFC 7396), by locale.",
        {200: Response("The picture as it is now.", _PICTURE, (hdrs.ETAG,))},
        body=_Picture,
        media_types=MERGE_PATCH,
        example={"texts": {"en_US": {"large": "A mug seen from the front"}}},
        refusals=(412,),
    ),
    Row(
        "GET",
        "/v1/images/{id}/file",
        "editor",
        send_upload,
        "The bytes that were uploaded, as a file to be saved; also of a deleted image as long as it can be restored.",
        {
            200: Response("The file.", _FILE, (hdrs.ETAG, hdrs.CONTENT_DISPOSITION)),
            206: Response("The part that `Range` names.", _FILE, (hdrs.CONTENT_RANGE,)),
            304: Response("It is still the one that `If-None-Match` names."),
            416: Response("The file ends before the part that `Range` names."),
        },
        refusals=(410,),
    ),
)
