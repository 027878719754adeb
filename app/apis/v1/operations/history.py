"""Taking back: `POST /v1/history/undo`, `POST /v1/images/{id}/restore`. Source: native.md, section 7."""

from typing import Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.documents.images import image_document
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Schema, Text, Truth, Whole
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer
from app.errors import ImageNotFound
from app.http.origin import media_base
from app.openapi.sections import Response, integer, json, record, ref
from app.openapi.sections import Schema as JsonSchema


class _Undo(Schema):
    batch = Text(64, least=1)
    change = Whole(1)
    force = Truth()


class _Restore(Schema):
    revision = Whole()


async def undo(call: Call) -> web.Response:
    """An editor takes back what their own key did, an admin everything."""
    body, caller = call.body, call.caller
    if ("batch" in body) == ("change" in body):
        refuse([Mistake("/batch", "required", "Either a batch or a change has to be given.")])
    only_by = None if caller is None or caller.role == "admin" else ("key", str(caller.id))
    what, force = call.room.undo, bool(body.get("force"))
    if "batch" in body:
        done = await what.undo("batch", body["batch"], force=force, only_by=only_by)
    else:
        done = await what.undo("change", body["change"], force=force, only_by=only_by)
    return answer({"batch": done.batch, "undone": done.undone, "left": list(done.left)})


async def restore(call: Call) -> web.Response:
    number = number_in_path(call.params["id"], ImageNotFound)
    await call.room.undo.restore(number, call.body.get("revision"))
    image = await call.room.images.image(number)
    return answer(image_document(image, media_base(call.request, call.room.settings)))


SCHEMAS: Final[dict[str, JsonSchema]] = {
    "Undone": record(
        {"batch": {"type": "string"}, "undone": integer(0), "left": {"type": "array", "items": integer(1)}}
    )
}

ROWS: Final = (
    Row(
        "POST",
        "/v1/history/undo",
        "editor",
        undo,
        "Take back a batch of changes to images, or one of them. What was changed since is a conflict; with `force` it "
        "is left, and the others are taken back. Editors take back what their own key did.",
        {200: Response("The batch that this is, how many images it changed, and those left.", json(ref("Undone")))},
        body=_Undo,
        example={"change": 16, "force": True},
        refusals=(404, 409, 410),
    ),
    Row(
        "POST",
        "/v1/images/{id}/restore",
        "editor",
        restore,
        "Bring a deleted image back, or one as it was after a revision.",
        {200: Response("The image.", json(ref("Image")))},
        body=_Restore,
        optional=True,
        example={"revision": 1},
        refusals=(404, 409, 410),
    ),
)
