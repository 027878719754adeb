"""Lists: `?limit=` and `?after=`, a page, and the way to the next one. Source: native.md, section 2; RFC 8288."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import orjson
from aiohttp import hdrs, web
from marshmallow import ValidationError

from app.apis.v1.call import Call
from app.apis.v1.fields import CodedField, Schema, WholeInQuery, wrong
from app.apis.v1.present import answer
from app.openapi.sections import JsonSchema

MOST: Final = 200
USUAL: Final = 50
_LONGEST: Final = 2000
_LARGEST: Final = 2**63 - 1
_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")

Cursor: TypeAlias = tuple[Any, ...]
"""Where a list goes on: the sort key of the last item looked at."""


class After(CodedField):
    """A cursor of values of these kinds (int, str, datetime), as `page` has made it; what is none is a mistake."""

    sentence = "Where the page before says that the list goes on."

    def __init__(self, *kinds: type, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kinds = kinds

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Cursor:
        found = _opened(value)
        if found is None or len(found) != len(self._kinds):
            raise _strange()
        return tuple(map(_read, found, self._kinds))

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "string"}


class Listed(Schema):
    """The parameters of every list that pages. A list says of what its cursors are made:
    `after = After(int)`."""

    limit = WholeInQuery(1, MOST, load_default=USUAL)


def page(call: Call, items: Sequence[Any], cursor: Cursor | None) -> web.Response:
    """A page of a list; `cursor` None where it is the last one."""
    if cursor is None:
        return answer({"items": items, "next": None})
    text = sealed(cursor)
    return answer({"items": items, "next": text}, headers={hdrs.LINK: f'<{_next(call, text)}>; rel="next"'})


def cut(call: Call, rows: Sequence[Any], *key: str) -> tuple[Sequence[Any], Cursor | None]:
    """Of one row more than the limit, as a statement was asked for, those of the page, and its cursor: the members
    named by `key` of its last row."""
    limit = call.query["limit"]
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    return shown, tuple(shown[-1][name] for name in key)


def sealed(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(cursor)).decode().rstrip("=")


def _opened(text: str) -> list[Any] | None:
    if not text.isascii() or len(text) > _LONGEST:
        return None
    try:
        found = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return found if isinstance(found, list) else None


def _read(value: object, kind: type) -> Any:
    """A part of a cursor. ValidationError."""
    if kind is datetime and isinstance(value, str):
        return _moment(value)
    fits = abs(value) <= _LARGEST if type(value) is int else not _NO_TEXT.search(str(value))
    if type(value) is not kind or not fits:
        raise _strange()
    return value


def _strange() -> ValidationError:
    return wrong("wrong_type", "It is no cursor of this list.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _strange()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _strange() from None


def _next(call: Call, cursor: str) -> str:
    """The same address with another cursor."""
    raw = call.request.rel_url.raw_query_string
    pairs = [pair for pair in raw.split("&") if pair and pair.partition("=")[0] != "after"]
    path = quote(call.request.rel_url.raw_path, safe="/%~:@!$&'()*+,;=-._")
    return f"{path}?{'&'.join([*map(_harmless, pairs), f'after={cursor}'])}"


def _harmless(pair: str) -> str:
    """Without what would end a link."""
    return quote(pair, safe="%=~:@!$'()*+,;/?-._")
