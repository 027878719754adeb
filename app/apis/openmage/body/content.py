"""How a request's body is encoded."""

import re
from typing import Final, Literal

from app.apis.openmage.errors import (
    BAD_CHARSET,
    BAD_CONTENT_TYPE,
    DECODING,
    NO_CONTENT_TYPE,
    Message,
    OpenMageError,
)

BodyFormat = Literal["json", "xml", "query"]

_HEADER: Final = re.compile(r"""([a-z0-9/\-+.]+)(?:\s*;\s*charset\s*=\s*("?)([^"]+?)\2\s*)?""", re.IGNORECASE)
_FORMATS: Final[dict[str, BodyFormat]] = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/xhtml+xml": "xml",
    "text/plain": "query",
}


def body_format(content_type: str, content_encoding: str = "") -> BodyFormat:
    """The format that a Content-Type header names; OpenMageError (400) for one that nobody here can read."""
    if not content_type:
        raise OpenMageError(NO_CONTENT_TYPE)
    match = _HEADER.fullmatch(content_type.strip())
    if match is None:
        raise OpenMageError(BAD_CONTENT_TYPE)
    if match[3] is not None and match[3].lower() != "utf-8":
        raise OpenMageError(BAD_CHARSET)
    media_type = match[1]
    if media_type.lower() not in _FORMATS:
        words = f'Server can not understand Content-Type HTTP header media type "{media_type}"'
        raise OpenMageError(Message(400, words))
    if content_encoding.strip().lower() not in ("", "identity"):
        raise OpenMageError(DECODING)
    return _FORMATS[media_type.lower()]
