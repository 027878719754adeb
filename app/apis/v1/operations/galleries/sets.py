"""Image sets of Glue beyond the gallery: `GET /v1/products/{sku}/sets`, `PUT` and `DELETE …/sets/{name}`."""

from typing import Any, Final

import orjson
from aiohttp import web

from app.apis.v1.call import Call, Row, Services
from app.apis.v1.errors import Mistake
from app.apis.v1.fields import Many, Schema, Text, Whole, Within, made
from app.apis.v1.present import answer, nothing
from app.db.pool import Record
from app.openapi.sections import Parameter, Response, array, integer, json, listed, nullable, record, ref
from app.service.catalogue.sets import SetName

_MOST: Final = 1000


class _Which(Schema):
    locale = Text(least=1)
    key = Text(least=1)


class _Member(Schema):
    image = Whole(1)
    picture = Whole(1)


class _Set(Schema):
    members = Many(Within(_Member), least=1, most=_MOST, required=True)


async def show_sets(call: Call) -> web.Response:
    """All of them."""
    rows = await call.services.sets.sets(call.params["sku"])
    return answer({"items": [_document(row) for row in rows], "next": None})


async def put_set(call: Call) -> web.Response:
    """201 for a new one, else 200."""
    which = _named(call)
    is_new = await call.services.sets.put(which, [_word(member) for member in call.body["members"]])
    rows = await call.services.sets.sets(which.sku)
    return answer(_document(next(row for row in rows if _is(row, which))), 201 if is_new else 200)


async def remove_set(call: Call) -> web.Response:
    await call.services.sets.remove(_named(call))
    return nothing()


async def strange_members(services: Services, body: Any) -> list[Mistake]:
    """The members that are none, whatever else is wrong with the body."""
    members = body.get("members") if isinstance(body, dict) else None
    if not isinstance(members, list) or len(members) > _MOST:
        return []
    named = [(place, one) for place, one in enumerate(members) if _is_plain(one)]
    several = [place for place, one in named if len(one) != 1]
    words = {place: _word(one) for place, one in named if len(one) == 1}
    unknown = await services.sets.unknown([*words.values()])
    return [
        *(Mistake(f"/members/{place}", "required", "It has one of image and picture.") for place in several),
        *(
            Mistake(f"/members/{place}", "not_found", "There is no such image, or picture.")
            for place, word in words.items()
            if word in unknown
        ),
    ]


def _is_plain(member: object) -> bool:
    """Nothing else is wrong with it."""
    return isinstance(member, dict) and not made(_Member).validate(member)


def _word(member: dict[str, int]) -> str:
    return f"p{member['picture']}" if "picture" in member else str(member["image"])


def _named(call: Call) -> SetName:
    return SetName(call.params["sku"], call.params["name"], call.query.get("locale"), call.query.get("key"))


def _is(row: Record, which: SetName) -> bool:
    if which.key is not None:
        return bool(row["key"] == which.key)
    return (row["name"], row["locale"], row["key"]) == (which.name, which.locale, None)


def _document(row: Record) -> dict[str, Any]:
    named = {name: row[name] for name in ("name", "locale", "key")}
    return {**named, "members": orjson.loads(row["members"]), "revision": row["revision"]}


SCHEMAS: Final = {
    "Set": record(
        {
            "name": {"type": "string"},
            "locale": nullable("string"),
            "key": nullable("string"),
            "members": array(record({"picture": integer(1), "images": array(integer(1))})),
            "revision": integer(),
        }
    ),
    "Sets": listed("Set"),
}

_NAME: Final = (Parameter("name", "path", "Name of the set.", "details"),)
_OF_SETS: Final = {
    "locale": "The set of this locale; without it the one for all that have none of their own.",
    "key": "The set that an import knows by this key.",
}
ROWS: Final = (
    Row(
        "GET",
        "/v1/products/{sku}/sets",
        "reader",
        show_sets,
        "A product's image sets for Glue other than its gallery. `images` are the first that show a picture.",
        {200: Response("All of them.", json(ref("Sets")))},
    ),
    Row(
        "PUT",
        "/v1/products/{sku}/sets/{name}",
        "editor",
        put_set,
        "Make a set consist of pictures in an order; it is made if it is new.",
        {
            201: Response("It is new.", json(ref("Set"))),
            200: Response("The set as it is now.", json(ref("Set"))),
        },
        query=_Which,
        sentences=_OF_SETS,
        body=_Set,
        path=_NAME,
        names=strange_members,
        example={"members": [{"image": 1}]},
    ),
    Row(
        "DELETE",
        "/v1/products/{sku}/sets/{name}",
        "editor",
        remove_set,
        "Remove a set; its pictures stay.",
        {204: Response("It is gone.")},
        query=_Which,
        sentences=_OF_SETS,
        path=_NAME,
    ),
)
