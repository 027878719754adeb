"""From a request to values: its query and its JSON, strictly, with all mistakes at once."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import marshmallow
from aiohttp import hdrs, web

from app.apis.v1.call import Row
from app.apis.v1.digest import HEADER, ContentDigest
from app.apis.v1.errors import Malformed, Mistake, UnsupportedMediaType
from app.apis.v1.fields import Many, Schema, made, mistakes_of
from app.errors import NotFound
from app.http.body import read_body
from app.percent import decoded

BATCH: Final = "Batch"
_BATCH: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LITTLE: Final = 32 * 1024  # bytes that are read in less than a millisecond
_MOST_PARAMETERS: Final = 1000
_UTF_8: Final = ("utf-8", "utf8", "us-ascii")
_LONGEST_NUMBER: Final = 400
"""Digits of a whole number that are looked at: none that is longer is in any range."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def read_query(raw: str) -> Mapping[str, list[str]]:
    """The parameters of a raw query in the order of their first appearance; Malformed for what is no text."""
    found: dict[str, list[str]] = {}
    pairs = [pair for pair in raw.split("&") if pair]
    if len(pairs) > _MOST_PARAMETERS:
        raise Malformed("The query has too many parameters.")
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            found.setdefault(_text(name), []).append(_text(value))
        except UnicodeError:
            raise Malformed("The query is not UTF-8.") from None
    return found


def checked_query(schema: type[Schema], query: Mapping[str, list[str]]) -> tuple[Mapping[str, Any], list[Mistake]]:
    """What a schema makes of parameters, and all that is wrong with them."""
    members = schema.coded_fields()
    several = [
        Mistake(f"?{name}", "wrong_type", "It is given more than once.")
        for name, values in query.items()
        if len(values) > 1 and name in members and not isinstance(members[name], Many)
    ]
    given = {name: values if isinstance(members.get(name), Many) else values[0] for name, values in query.items()}
    values, mistakes = _loaded(schema, given, query=True)
    return values, [*several, *mistakes]


def checked_body(schema: type[Schema], value: Any) -> tuple[Mapping[str, Any], list[Mistake]]:
    """What a schema makes of a body's value, and all that is wrong with it."""
    return _loaded(schema, value, query=False)


def batch_of(request: web.Request) -> str | None:
    """The batch to which a write is to belong by its header, None where none is named; Malformed for what is none."""
    given = request.headers.getall(BATCH, [])
    if not given or request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
        return None
    if len(given) > 1 or not _BATCH.fullmatch(given[0]):
        raise Malformed(f"{BATCH} is given once, with up to 64 letters, digits, hyphens and underscores.")
    return given[0]


def number_in_path(text: str, missing: type[NotFound], high: int = 2**63 - 1) -> int:
    """The id that a segment is; `missing` for what no row can have."""
    if not _NUMBER.fullmatch(text) or int(text) > high:
        raise missing
    return int(text)


async def read_json(request: web.Request, row: Row, most: int) -> Any:
    """The value of a body; BodyTooLarge, UnsupportedMediaType, Malformed, and what `read_body` raises."""
    data = await read_body(request, min(most, row.most))
    if data:
        _check_type(request, row.media_types)
    digest = ContentDigest(request.headers.getall(HEADER, []))
    digest.update(data)
    digest.check()
    if not data and row.optional:
        return {}
    return await asyncio.to_thread(parsed, data) if len(data) > _LITTLE else parsed(data)


def parsed(data: bytes) -> Any:
    """The value of a document of JSON; Malformed, also for a member that is named twice."""
    if not data:
        raise Malformed("The body is empty.")
    try:
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is no JSON: {str(error)[:200]}.") from None


def media_type_of(request: web.Request) -> str:
    """That of a body of text; UnsupportedMediaType for one in another charset than UTF-8, and where none is named."""
    charset = (request.charset or "utf-8").lower()
    if hdrs.CONTENT_TYPE not in request.headers or charset not in _UTF_8:
        raise UnsupportedMediaType(request.headers.get(hdrs.CONTENT_TYPE, "none")[:100])
    return request.content_type


def _check_type(request: web.Request, media_types: tuple[str, ...]) -> None:
    if media_type_of(request) not in media_types:
        raise UnsupportedMediaType(request.headers[hdrs.CONTENT_TYPE][:100])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names a member twice")
    return found


def _whole(digits: str) -> int:
    """The number, or one that is as much out of any range: the time to read a number grows with its digits' square."""
    return int(digits[:_LONGEST_NUMBER])


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _text(escaped: str) -> str:
    """UnicodeError for what is no UTF-8, escaped or not."""
    text = decoded(escaped.replace("+", " "), "strict")
    text.encode()
    return text


def _loaded(schema: type[Schema], value: Any, *, query: bool) -> tuple[Mapping[str, Any], list[Mistake]]:
    try:
        return made(schema).load(value), []
    except marshmallow.ValidationError as error:
        return {}, list(mistakes_of(error, query=query))
