"""Image types: `GET /v1/image-types`, `PUT /v1/image-types/{code}`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Schema, Text, Truth, Whole
from app.apis.v1.lists import After, Listed, cut, page
from app.apis.v1.present import answer
from app.model import MAX_POSITION
from app.openapi.sections import Parameter, Response, integer, json, listed, record, ref
from app.service.catalogue.image_types import BUILT_IN, page_image_types, put_image_type


class _List(Listed):
    after = After(str, load_default=("",))


class _ImageType(Schema):
    code = Text()
    rank = Whole(1, MAX_POSITION)
    custom = Truth()


async def show_image_types(call: Call) -> web.Response:
    rows = await page_image_types(call.services.database, call.query["after"][0], call.query["limit"] + 1)
    shown, cursor = cut(call, rows, "code")
    return page(call, [_document(row["code"], row["rank"]) for row in shown], cursor)


async def keep_image_type(call: Call) -> web.Response:
    """201 for a new one, else 200."""
    code, given = call.params["code"], call.body
    own = {"code": code, "custom": code not in BUILT_IN}
    refuse(
        Mistake(f"/{name}", "out_of_range", f"It can only be {value!r} here.")
        for name, value in own.items()
        if given.get(name, value) != value
    )
    async with call.services.database.transaction() as tx:
        put = await put_image_type(tx, code, given.get("rank"))
    return answer(_document(code, put.rank), 201 if put.is_new else 200)


def _document(code: str, rank: int) -> dict[str, Any]:
    return {"code": code, "rank": rank, "custom": code not in BUILT_IN}


SCHEMAS: Final = {
    "ImageType": record({"code": {"type": "string"}, "rank": integer(1), "custom": {"type": "boolean"}}),
    "ImageTypes": listed("ImageType"),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/image-types",
        "reader",
        show_image_types,
        "What an image may be used as, by code; `rank` is their order.",
        {200: Response("A page of them.", json(ref("ImageTypes")))},
        query=_List,
    ),
    Row(
        "PUT",
        "/v1/image-types/{code}",
        "admin",
        keep_image_type,
        "Make an image type, or give one another rank; by default the last.",
        {
            201: Response("It is new.", json(ref("ImageType"))),
            200: Response("The image type as it is now.", json(ref("ImageType"))),
        },
        body=_ImageType,
        path=(Parameter("code", "path", "Code of the image type.", "swatch_image"),),
        example={"rank": 9},
        refusals=(409,),
    ),
)
