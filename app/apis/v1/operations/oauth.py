"""Consumers and access tokens of OpenMage: `/v1/oauth/consumers`, `/v1/oauth/tokens`."""

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.errors import Invalid, Mistake
from app.apis.v1.fields import Many, Schema, Text, Truth
from app.apis.v1.lists import After, Listed, cut, page
from app.apis.v1.present import answer, nothing
from app.db.pool import Record
from app.errors import ConsumerNotFound
from app.http.retries.answers import keep_instead
from app.openapi.sections import Parameter, Response, array, integer, json, listed, nullable, record, ref
from app.service.catalogue.oauth import (
    TokenOptions,
    list_consumers,
    list_tokens,
    put_consumer,
    put_token,
    remove_consumer,
    revoke_token,
)

_CONSUMER: Final = ("key", "name", "created_at", "tokens", "last_used_at")
_TOKEN: Final = (
    "token",
    "consumer_key",
    "user_type",
    "admin_id",
    "has_role",
    "privileges",
    "created_at",
    "revoked_at",
    "last_used_at",
)
_PRIVILEGES: Final = ("create", "retrieve", "update", "delete")


class _List(Listed):
    after = After(datetime, str, load_default=(None, ""))


class _Consumer(Schema):
    name = Text(least=1, word=True)


class _Token(Schema):
    """Without a consumer it gets one of its own; without privileges it may do everything."""

    user_type = Text(words=("admin", "customer"), required=True)
    consumer_key = Text()
    privileges = Many(Text(words=_PRIVILEGES), least=1, most=len(_PRIVILEGES), unique=True)
    has_role = Truth(load_default=True)


async def show_consumers(call: Call) -> web.Response:
    rows = await list_consumers(call.services.database, call.query["after"], call.query["limit"] + 1)
    shown, cursor = cut(call, rows, "created_at", "key")
    return page(call, [_document(row, _CONSUMER) for row in shown], cursor)


async def make_consumer(call: Call) -> web.Response:
    """The only answer that has the secret."""
    keep_instead(None)
    async with call.services.database.transaction() as tx:
        key, secret = await put_consumer(tx, call.services.box, name=call.body.get("name"))
    return answer({"key": key, "secret": secret, "name": call.body.get("name")}, 201)


async def end_consumer(call: Call) -> web.Response:
    await remove_consumer(call.services.database, call.params["key"])
    return nothing()


async def show_tokens(call: Call) -> web.Response:
    rows = await list_tokens(call.services.database, call.query["after"], call.query["limit"] + 1)
    shown, cursor = cut(call, rows, "created_at", "token")
    return page(call, [_document(row, _TOKEN) for row in shown], cursor)


async def make_token(call: Call) -> web.Response:
    """The only answer that has the secrets: the token's, and its consumer's where that is new, too."""
    given = call.body
    options = TokenOptions(
        given["user_type"],
        given.get("consumer_key"),
        privileges=tuple(sorted(given.get("privileges", ()))),
        has_role=given["has_role"],
    )
    keep_instead(None)
    try:
        async with call.services.database.transaction() as tx:
            made = await put_token(tx, call.services.box, options)
    except ConsumerNotFound as error:
        raise Invalid([Mistake("/consumer_key", "not_found", error.public)]) from error
    reported = {
        "token": made.token,
        "secret": made.token_secret,
        "consumer_key": made.consumer_key,
        "consumer_secret": None if options.consumer_key else made.consumer_secret,
    }
    return answer(reported, 201)


async def end_token(call: Call) -> web.Response:
    await revoke_token(call.services.database, call.params["token"])
    return nothing()


def _document(row: Record, members: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in members}


_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
_LATER: Final = nullable("string", format="date-time")
SCHEMAS: Final = {
    "Consumer": record(
        {"key": _TEXT, "name": nullable("string"), "created_at": _TIME, "tokens": integer(), "last_used_at": _LATER}
    ),
    "Consumers": listed("Consumer"),
    "NewConsumer": record({"key": _TEXT, "secret": _TEXT, "name": nullable("string")}),
    "Token": record(
        {
            "token": _TEXT,
            "consumer_key": _TEXT,
            "user_type": {"type": "string", "enum": ["admin", "customer"]},
            "admin_id": nullable("integer"),
            "has_role": {"type": "boolean"},
            "privileges": {"anyOf": [array({"type": "string", "enum": list(_PRIVILEGES)}), {"type": "null"}]},
            "created_at": _TIME,
            "revoked_at": _LATER,
            "last_used_at": _LATER,
        }
    ),
    "Tokens": listed("Token"),
    "NewToken": record({"token": _TEXT, "secret": _TEXT, "consumer_key": _TEXT, "consumer_secret": nullable("string")}),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/oauth/consumers",
        "admin",
        show_consumers,
        "The programs that call OpenMage's API, in the order in which they were made.",
        {200: Response("A page of them.", json(ref("Consumers")))},
        query=_List,
    ),
    Row(
        "POST",
        "/v1/oauth/consumers",
        "admin",
        make_consumer,
        "Make a consumer.",
        {201: Response("Its credentials, told this once.", json(ref("NewConsumer")))},
        body=_Consumer,
        optional=True,
        example={"name": "pipeline"},
    ),
    Row(
        "DELETE",
        "/v1/oauth/consumers/{key}",
        "admin",
        end_consumer,
        "Remove a consumer with its tokens.",
        {204: Response("It is gone.")},
        path=(Parameter("key", "path", "Key of the consumer.", "0123456789abcdef0123456789abcdef"),),
    ),
    Row(
        "GET",
        "/v1/oauth/tokens",
        "admin",
        show_tokens,
        "For whom consumers call, in the order in which that was allowed; `privileges` null: all.",
        {200: Response("A page of them.", json(ref("Tokens")))},
        query=_List,
    ),
    Row(
        "POST",
        "/v1/oauth/tokens",
        "admin",
        make_token,
        "Make an access token, by default with a consumer of its own.",
        {201: Response("Its credentials, told this once.", json(ref("NewToken")))},
        body=_Token,
        example={"user_type": "admin", "privileges": ["retrieve"]},
    ),
    Row(
        "DELETE",
        "/v1/oauth/tokens/{token}",
        "admin",
        end_token,
        "Let an access token in no more.",
        {204: Response("It is revoked, in every process within a second.")},
        path=(Parameter("token", "path", "The token.", "0123456789abcdef0123456789abcdef"),),
    ),
)
