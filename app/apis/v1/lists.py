"""Lists: `?limit=` and `?after=`, a page, and the way to the next one. Source: native.md, section 2; RFC 8288."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import orjson
from aiohttp import hdrs, web

from app.apis.v1.call import Call
from app.apis.v1.fields import Schema, Told, WholeInQuery, wrong
from app.apis.v1.present import answer
from app.openapi.sections import Schema as JsonSchema

MOST: Final = 200
USUAL: Final = 50
_LONGEST: Final = 2000
_LARGEST: Final = 2**63 - 1

Cursor: TypeAlias = tuple[Any, ...]
"""Where a list goes on: the sort key of the last item looked at."""


class After(Told):
    """A cursor of values of these kinds, as `page` has made it; what is none is a mistake."""

    sentence = "Where the page before says that the list goes on."

    def __init__(self, *kinds: type, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kinds = kinds

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Cursor:
        found = _opened(value)
        if found is None or len(found) != len(self._kinds) or not all(map(_is_of, found, self._kinds)):
            raise wrong("wrong_type", "It is no cursor of this list.")
        return tuple(found)

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


def _is_of(value: object, kind: type) -> bool:
    if kind is int:
        return type(value) is int and abs(value) <= _LARGEST
    return type(value) is kind and "\x00" not in str(value)


def _next(call: Call, cursor: str) -> str:
    """The same address with another cursor."""
    raw = call.request.rel_url.raw_query_string
    pairs = [pair for pair in raw.split("&") if pair and pair.partition("=")[0] != "after"]
    path = quote(call.request.rel_url.raw_path, safe="/%~:@!$&'()*+,;=-._")
    return f"{path}?{'&'.join([*map(_harmless, pairs), f'after={cursor}'])}"


def _harmless(pair: str) -> str:
    """Without what would end a link."""
    return quote(pair, safe="%=~:@!$'()*+,;/?-._")
