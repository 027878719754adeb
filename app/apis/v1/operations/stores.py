"""Store views: `GET /v1/stores`, `PUT /v1/stores/{id}`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Schema, Text, Truth, Whole
from app.apis.v1.lists import After, Listed, cut, page
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer
from app.db.pool import Record
from app.errors import StoreViewNotFound
from app.model import MAX_POSITION
from app.openapi.sections import Parameter, Response, integer, json, listed, nullable, record, ref
from app.service.catalogue.stores import StoreOptions, list_stores, put_store

_CODE: Final = "[a-z][a-z0-9_]*"


class _List(Listed):
    after = After(int, load_default=(0,))


class _Store(Schema):
    """As the document has it; what is absent is left as it is."""

    id = Whole(1, MAX_POSITION)
    code = Text(32, pattern=_CODE)
    locale = Text(least=1, word=True)
    website = Text(least=1, word=True)
    active = Truth()
    default = Truth()


async def show_stores(call: Call) -> web.Response:
    rows = await list_stores(call.services.database, call.query["after"][0], call.query["limit"] + 1)
    shown, cursor = cut(call, rows, "id")
    return page(call, [_document(row) for row in shown], cursor)


async def keep_store(call: Call) -> web.Response:
    """201 for a new one, else 200."""
    number, given = number_in_path(call.params["id"], StoreViewNotFound, MAX_POSITION), call.body
    if given.get("id", number) != number:
        refuse([Mistake("/id", "out_of_range", "It may only repeat the path.")])
    options = StoreOptions(
        given.get("code"), number, given.get("locale"), given.get("website"), given.get("active"), given.get("default")
    )
    async with call.services.database.transaction() as tx:
        put = await put_store(tx, options)
    return answer(_document(put.row), 201 if put.is_new else 200)


def _document(row: Record) -> dict[str, Any]:
    named = {name: row[name] for name in ("id", "code", "locale", "website", "active")}
    return {**named, "default": row["is_default"]}


_EXAMPLE: Final = {"code": "french", "locale": "fr_FR", "website": "base", "active": True, "default": False}

SCHEMAS: Final = {
    "Store": record(
        {
            "id": integer(1),
            "code": {"type": "string"},
            "locale": nullable("string"),
            "website": {"type": "string"},
            "active": {"type": "boolean"},
            "default": {"type": "boolean"},
        }
    ),
    "Stores": listed("Store"),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/stores",
        "reader",
        show_stores,
        "The store views, by id.",
        {200: Response("A page of them.", json(ref("Stores")))},
        query=_List,
    ),
    Row(
        "PUT",
        "/v1/stores/{id}",
        "admin",
        keep_store,
        "Make a store view, or change what is given of one. Its website is made if it is unknown.",
        {
            201: Response("It is new.", json(ref("Store"))),
            200: Response("The store view as it is now.", json(ref("Store"))),
        },
        body=_Store,
        path=(Parameter("id", "path", "Number of the store view.", 4, {"type": "integer", "minimum": 1}),),
        example=_EXAMPLE,
        refusals=(409,),
    ),
)
