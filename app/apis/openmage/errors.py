"""What can be wrong, in OpenMage's words, and the documents that tell it."""

from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

from app import errors as core
from app.access.oauth import OAuthProblem
from app.apis.openmage.formats import CONTENT_TYPES, Format, xml_text
from app.apis.php.json_text import json_text
from app.apis.php.query import build_query
from app.service.pictures.paths import Profile

UserType = Literal["admin", "customer", "guest"]


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence with its HTTP status; `server` is what a running OpenMage says where that differs, `code` what
    the document says where it is not the status."""

    status: int
    documented: str
    server: str = ""
    code: int | None = None

    def text(self, profile: Profile) -> str:
        return self.server if profile == "server" and self.server else self.documented


STORE_INVALID: Final = Message(400, "Requested store is invalid")
NOT_FOUND: Final = Message(404, "Resource not found", "Resource not found.")
IMAGE_NOT_FOUND: Final = Message(404, "Product image not found")
PRE_VALIDATION: Final = Message(400, "Resource data pre-validator error", "Resource data pre-validation error.")
NOT_BASE64: Final = Message(400, "The image content must be valid base64 encoded data")
IMAGES_NOT_SUPPORTED: Final = Message(400, "Requested product does not support images")
UNSUPPORTED_MIME: Final = Message(400, "Unsupported image MIME type", "Unsuppoted image MIME type")
UNKNOWN_ERROR: Final = Message(400, "Resource unknown error", "Resource unknown error.")
INTERNAL_ERROR: Final = Message(500, "Resource internal error", "Resource internal error.")
UNEXPECTED: Final = Message(500, "Resource internal error", "Resource internal error.", code=0)
NOT_SPECIFIED: Final = Message(400, "The image is not specified")

NOT_IMPLEMENTED: Final = Message(405, "Resource method not implemented yet.")
NOT_ALLOWED: Final = Message(405, "Resource does not support method.")
DATA_INVALID: Final = Message(400, "The request data is invalid.")
DECODING: Final = Message(400, "Decoding error.")
NO_ROUTE: Final = Message(404, "Request does not match any route.")
ACCESS_DENIED: Final = Message(403, "Access denied")
INVALID_METHOD: Final = Message(400, "Invalid request method")
NOT_ACCEPTABLE: Final = Message(406, "Server can not understand Accept HTTP header media type.")
NO_CONTENT_TYPE: Final = Message(400, "Content-Type header is empty")
BAD_CONTENT_TYPE: Final = Message(400, "Invalid Content-Type header")
BAD_CHARSET: Final = Message(400, "UTF-8 is the only supported charset")
BAD_QUERY_BODY: Final = Message(400, "Invalid data type. Check Content-Type.")
TOO_LARGE: Final = Message(413, "Request entity too large.")
TOO_SLOW: Final = Message(408, "Request timeout.")
IN_FLIGHT: Final = Message(409, "Request is being processed")
WITHHELD: Final = Message(409, "Request was processed before, and its answer is not kept")
KEY_REUSED: Final = Message(422, "Idempotency key was used for another request")
TOO_MANY: Final = Message(429, "Too many requests.")
UNAVAILABLE: Final = Message(503, "Service temporarily unavailable.")


class OpenMageError(core.ProductImagesError):
    """The request cannot be served.

    Raised with the messages that the client reads; the last one decides the HTTP status.
    """

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        super().__init__("; ".join(message.documented for message in messages))


@dataclass(slots=True)
class ErrorStyle:
    """How, and to whom, errors of one request are reported: as far as that is known by now."""

    format: Format = "xml"
    profile: Profile = "documented"
    method: str = "GET"
    user: UserType = "guest"


def error_document(style: ErrorStyle, error: BaseException) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for any exception: ours, or one that nobody foresaw."""
    messages = messages_of(style, error)
    headers = {"Content-Type": CONTENT_TYPES[style.format]}
    if isinstance(error, core.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return messages[-1].status, headers, _document(style, messages)


def messages_of(style: ErrorStyle, error: BaseException) -> tuple[Message, ...]:
    """What is said of an error: where it happened may decide, else its own class or the nearest one above it."""
    if isinstance(error, OpenMageError):
        return error.messages
    if isinstance(error, OAuthProblem):
        return (Message(401, error.problem),)
    if isinstance(error, web.HTTPException):
        return (Message(error.status, error.reason),)
    if given := _by_place(style, error):
        return (given,)
    of_class = (_BY_CLASS[kind] for kind in type(error).__mro__ if kind in _BY_CLASS)
    return next(of_class, (_UNFORESEEN.get(style.method, UNEXPECTED),))


def is_of_the_body(error: Exception) -> bool:
    """Whether the cause of a refusal is in the body's bytes alone: form, base64, media type, picture."""
    if isinstance(error, OpenMageError):
        return _OF_THE_BODY.issuperset(error.messages)
    of_picture = isinstance(error, core.ImageRejected) and not isinstance(error, _OF_US)
    return of_picture or isinstance(error, core.InvalidFileName | core.ImageNotSpecified)


def _by_place(style: ErrorStyle, error: BaseException) -> Message | None:
    if style.profile == "server" and style.method == "POST" and isinstance(error, _MASKED):
        return UNKNOWN_ERROR
    if isinstance(error, core.ImageNotFound) and style.method == "GET" and style.user == "admin":
        return IMAGE_NOT_FOUND
    if isinstance(error, core.ImagesNotSupported) and style.method != "POST":
        return NOT_FOUND
    return None


_BY_CLASS: Final[dict[type, tuple[Message, ...]]] = {
    core.StoreViewNotFound: (STORE_INVALID,),
    core.ProductNotFound: (NOT_FOUND,),
    core.ImageNotFound: (NOT_FOUND,),
    core.NotFound: (NO_ROUTE,),
    core.ImagesNotSupported: (IMAGES_NOT_SUPPORTED,),
    core.ImageNotSpecified: (NOT_SPECIFIED, PRE_VALIDATION),
    core.ImageRejected: (UNKNOWN_ERROR,),
    core.InvalidFileName: (UNKNOWN_ERROR,),
    core.BodyTooLarge: (TOO_LARGE,),
    core.FileTooLarge: (TOO_LARGE,),
    core.BodyTooSlow: (TOO_SLOW,),
    core.BodyBroken: (DECODING,),
    core.EncodingNotAccepted: (DECODING,),
    core.Rejected: (DATA_INVALID,),
    core.KeyReused: (KEY_REUSED,),
    core.KeyInFlight: (IN_FLIGHT,),
    core.AnswerWithheld: (WITHHELD,),
    core.RateExceeded: (TOO_MANY,),
    core.Unavailable: (UNAVAILABLE,),
}
_OF_THE_BODY: Final = frozenset(
    (NOT_BASE64, UNSUPPORTED_MIME, NOT_SPECIFIED, PRE_VALIDATION, DATA_INVALID, DECODING, BAD_QUERY_BODY, UNKNOWN_ERROR)
)
_OF_US: Final = (core.FileTooLarge, core.BlobBarred, core.CodecFailed)
_MASKED: Final = (core.StoreViewNotFound, core.ProductNotFound, core.ImagesNotSupported)
"""Failures of a POST that a running OpenMage tells as one."""
_UNFORESEEN: Final = {"POST": UNKNOWN_ERROR, "PUT": INTERNAL_ERROR, "DELETE": INTERNAL_ERROR}


def _document(style: ErrorStyle, messages: tuple[Message, ...]) -> bytes:
    reported = [(m.status if m.code is None else m.code, m.text(style.profile)) for m in messages]
    if style.format == "json":
        items = ",".join(f'{{"code":{code},"message":{json_text(text)}}}' for code, text in reported)
        return f'{{"messages":{{"error":[{items}]}}}}'.encode()
    if style.format == "query":
        pairs = [
            (f"messages[error][{i}][{key}]", value) for i, item in enumerate(reported) for key, value in _named(item)
        ]
        return build_query(pairs).encode()
    return _XML.format(
        items="".join(_XML_ITEM.format(code=code, text=xml_text(text)) for code, text in reported)
    ).encode()


def _named(reported: tuple[int, str]) -> tuple[tuple[str, str], ...]:
    code, text = reported
    return ("code", str(code)), ("message", text)


_XML: Final = """<?xml version="1.0"?>
<magento_api>
  <messages>
    <error>
{items}    </error>
  </messages>
</magento_api>
"""
_XML_ITEM: Final = """      <data_item>
        <code>{code}</code>
        <message>{text}</message>
      </data_item>
"""
