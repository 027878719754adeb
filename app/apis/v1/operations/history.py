"""What was changed, and taking it back: `GET /v1/history`, `GET …/history` of an image or a product, `POST
/v1/history/undo`, `POST /v1/images/{id}/restore`. Source: native.md, section 7."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call, Row
from app.apis.v1.conditions import guarded, revisions_of
from app.apis.v1.documents.changes import SCHEMAS as DOCUMENTS
from app.apis.v1.documents.changes import change_document
from app.apis.v1.documents.wait import may_wait
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Many, Moment, Schema, Text, Truth, Whole, wrong
from app.apis.v1.lists import After, Cursor, Listed, page
from app.apis.v1.operations.galleries.image_writes import document, show
from app.apis.v1.operations.jobs import long_job
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer
from app.db.pool import Record
from app.errors import ImageNotFound
from app.openapi.sections import JsonSchema, Response, array, integer, json, record, ref
from app.service.changes.acting import WAYS
from app.service.changes.history import Filters, Place
from app.service.feed.kinds import is_of_the_log
from app.service.galleries.undo import TooManyChanges

_KIND: Final = r"[a-z]+\.(?:[a-z_]+|\*)"


class _Kind(Text):
    """A kind of rows, or all of a family."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        kind = super()._deserialize(value, *args, **kwargs)
        if not is_of_the_log(kind):
            raise wrong("out_of_range", f"There are no changes {kind}.")
        return kind


class _Log(Listed):
    after = After(int, load_default=(None,))
    actor = Text(sentence="Id or name of who acted.")
    via = Text(words=WAYS, sentence="By this way.")
    batch = Text(64, sentence="Of this batch.")
    kind = Many(
        _Kind(64, pattern=_KIND), least=1, most=50, sentence="Of this kind, or `image.*`; the parameter repeated."
    )
    since = Moment(sentence="From this time on.")


class _OfImage(Listed):
    after = After(int, int, load_default=None)


class _OfProduct(Listed):
    after = After(int, load_default=(None,))


class _Undo(Schema):
    batch = Text(64, least=1)
    change = Whole(1)
    force = Truth()
    actor = Text()


class _Restore(Schema):
    revision = Whole()


async def show_log(call: Call) -> web.Response:
    asked, caller = call.query, call.caller
    kinds = asked.get("kind")
    is_admin = caller is not None and caller.role == "admin"
    filters = Filters(asked.get("actor"), asked.get("via"), asked.get("batch"), kinds, asked.get("since"), is_admin)
    rows, last = await call.services.history.page(filters, asked["after"][0], asked["limit"])
    return _page(call, rows, None if last is None else (last,))


async def show_history_of_image(call: Call) -> web.Response:
    number, after = number_in_path(call.params["id"], ImageNotFound), call.query["after"]
    rows, last = await call.services.history.of_image(number, after and Place(*after), call.query["limit"])
    return _page(call, rows, last and tuple(last))


async def show_history_of_product(call: Call) -> web.Response:
    sku, after = call.params["sku"], call.query["after"][0]
    rows, last = await call.services.history.of_product(sku, after, call.query["limit"])
    return _page(call, rows, None if last is None else (last,))


def _page(call: Call, rows: Sequence[Record], last: Cursor | None) -> web.Response:
    return page(call, [change_document(row) for row in rows], last)


async def undo(call: Call) -> web.Response:
    """An editor takes back what their own key did, an admin everything."""
    body, caller = call.body, call.caller
    if ("batch" in body) == ("change" in body):
        refuse([Mistake("/batch", "required", "Either a batch or a change has to be given.")])
    only_by = None if caller is None or caller.role == "admin" else (caller.kind, str(caller.id))
    what, force = call.services.undo, bool(body.get("force"))
    try:
        if "batch" in body:
            done = await what.undo("batch", body["batch"], force=force, only_by=only_by, actor=body.get("actor"))
        else:
            done = await what.undo("change", body["change"], force=force, only_by=only_by)
    except TooManyChanges as many:
        number = await call.services.long_undo.begin(body["batch"], many.owner, many.leaves, force=force)
        return answer(long_job(await call.services.long_jobs.job(number)), 202, {hdrs.LOCATION: f"/v1/jobs/{number}"})
    return answer(asdict(done))


async def restore(call: Call) -> web.Response:
    number = number_in_path(call.params["id"], ImageNotFound)
    change = call.services.undo.restore(number, call.body.get("revision"), revisions_of(call.request, f"{number}-"))
    await guarded(change, lambda: document(call, number))
    may_wait(call, number, partial(show, call, number))
    return await show(call, number)


SCHEMAS: Final[dict[str, JsonSchema]] = {
    **DOCUMENTS,
    "Undone": record(
        {
            "batch": {"type": "string"},
            "undone": integer(0),
            "left": array(integer(1)),
            "left_products": array(integer(1)),
            "left_pictures": array(integer(1)),
            "leaves": {"type": "object", "additionalProperties": integer(1)},
        }
    ),
}

_PAGE: Final = {200: Response("A page of them.", json(ref("Changes")), ("Link",))}

ROWS: Final = (
    Row(
        "GET",
        "/v1/history",
        "reader",
        show_log,
        "All changes, the newest first. A page may hold fewer than `limit`, even none, although the list goes on. What "
        "was done to keys and webhooks is shown to admins.",
        _PAGE,
        query=_Log,
        refusals=(410,),
    ),
    Row(
        "GET",
        "/v1/images/{id}/history",
        "reader",
        show_history_of_image,
        "The changes of an image, also of one that is gone, the newest first.",
        _PAGE,
        query=_OfImage,
        refusals=(410,),
    ),
    Row(
        "GET",
        "/v1/products/{sku}/history",
        "reader",
        show_history_of_product,
        "The changes of a product, its sets and its images, the newest first; of the product that was deleted last, "
        "where none has this SKU now.",
        _PAGE,
        query=_OfProduct,
        refusals=(410,),
    ),
    Row(
        "POST",
        "/v1/history/undo",
        "editor",
        undo,
        "Take back a batch of changes to images, galleries, deleted products and texts of pictures, or one of them. "
        "What was changed since is a conflict; with `force` it is left, and the others are taken back; `leaves` counts "
        "what cannot be. Editors take back what their own key did; admins say with `actor`, an id or a name, whose "
        "batch they mean where several have one of this name. More than 10,000 changes are a job: 202 says which.",
        {
            200: Response("The batch that this is, how many things it changed, and those left.", json(ref("Undone"))),
            202: Response("It is a long job, which has begun.", json(ref("LongJob")), (hdrs.LOCATION,)),
        },
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
        {200: Response("The image.", json(ref("Image")), (hdrs.ETAG,))},
        body=_Restore,
        optional=True,
        example={"revision": 1},
        refusals=(404, 409, 410, 412),
    ),
)
