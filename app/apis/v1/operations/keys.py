"""API keys: `GET /v1/keys`, `POST /v1/keys`, `DELETE /v1/keys/{id}`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Many, Schema, Text, TruthInQuery
from app.apis.v1.lists import After, Listed, cut, page
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer, nothing
from app.db.pool import Record
from app.errors import KeyNotFound
from app.http.retries.answers import keep_instead
from app.openapi.sections import Parameter, Response, array, integer, json, listed, nullable, record, ref
from app.service.catalogue.keys import AUDIENCES, ROLES, KeyOptions, list_keys, put_key, revoke_key_by_id

_MEMBERS: Final = ("id", "name", "role", "audiences", "created_at", "revoked_at", "last_used_at")
_TIME: Final = {"type": "string", "format": "date-time"}


class _List(Listed):
    after = After(int, load_default=(0,))


class _Key(Schema):
    role = Text(words=ROLES, required=True)
    name = Text(least=1, word=True)
    audiences = Many(Text(words=AUDIENCES), least=1, most=len(AUDIENCES), unique=True)


class _Last(Schema):
    last = TruthInQuery(load_default=False, sentence="Whether the last key of an admin may go, too.")


async def show_keys(call: Call) -> web.Response:
    rows = await list_keys(call.services.database, call.query["after"][0], call.query["limit"] + 1)
    shown, cursor = cut(call, rows, "id")
    return page(call, [_document(row) for row in shown], cursor)


async def make_key(call: Call) -> web.Response:
    """The only answer that has the key."""
    given = call.body
    audiences = given.get("audiences", ())
    refuse(
        Mistake(f"/audiences/{place}", "out_of_range", f"The API {audience} knows no {given['role']}.")
        for place, audience in enumerate(audiences)
        if audience not in ROLES[given["role"]]
    )
    keep_instead(None)
    row, key = await put_key(call.services.database, KeyOptions(given["role"], audiences, given.get("name")))
    return answer({**_document(row), "key": key}, 201)


async def end_key(call: Call) -> web.Response:
    number = number_in_path(call.params["id"], KeyNotFound)
    await revoke_key_by_id(call.services.database, number, last=call.query["last"])
    return nothing()


def _document(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in _MEMBERS}


_KEY: Final = {
    "id": integer(1),
    "name": {"type": "string"},
    "role": {"type": "string", "enum": list(ROLES)},
    "audiences": array({"type": "string", "enum": list(AUDIENCES)}),
    "created_at": _TIME,
    "revoked_at": nullable("string", format="date-time"),
    "last_used_at": nullable("string", format="date-time"),
}
SCHEMAS: Final = {
    "Key": record(_KEY),
    "NewKey": record({**_KEY, "key": {"type": "string"}}),
    "Keys": listed("Key"),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/keys",
        "admin",
        show_keys,
        "The API keys, by id, without anything secret; `last_used_at` by the hour.",
        {200: Response("A page of them.", json(ref("Keys")))},
        query=_List,
    ),
    Row(
        "POST",
        "/v1/keys",
        "admin",
        make_key,
        "Make a key. By default it is for the API whose role it has, an admin's for Spree.",
        {201: Response("The key, told this once.", json(ref("NewKey")))},
        body=_Key,
        example={"role": "editor", "name": "pipeline"},
    ),
    Row(
        "DELETE",
        "/v1/keys/{id}",
        "admin",
        end_key,
        "Let a key in no more.",
        {204: Response("It is revoked, in every process within a second.")},
        query=_Last,
        path=(Parameter("id", "path", "Id of the key.", 2, {"type": "integer", "minimum": 1}),),
        refusals=(409,),
    ),
)
