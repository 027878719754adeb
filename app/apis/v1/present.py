"""Answers of the native API: UTF-8 JSON, times in UTC with `Z`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

JSON: Final = "application/json"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def json_bytes(value: Any) -> bytes:
    """Compact JSON in the order of the members; a time is RFC 3339 with `Z`."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] = _NONE) -> web.Response:
    """A document. The headers that every answer has are added on its way out."""
    return answer_of(json_bytes(value), status, headers)


def answer_of(body: bytes, status: int = 200, headers: Mapping[str, str] = _NONE) -> web.Response:
    """The same of a document that is JSON already."""
    return web.Response(status=status, body=body, headers={hdrs.CONTENT_TYPE: JSON, **headers})


def nothing(headers: Mapping[str, str] = _NONE) -> web.Response:
    """204: it is done, and there is nothing to show."""
    return web.Response(status=204, headers=dict(headers))
