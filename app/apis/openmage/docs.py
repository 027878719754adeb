"""What this dialect answers, declared."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from app.apis.openmage.formats import CONTENT_TYPES
from app.openapi.sections import (
    Content,
    JsonSchema,
    Method,
    Operation,
    Parameter,
    Response,
    Section,
    array,
    record,
    ref,
)

_MEDIA_TYPES: Final = tuple(value.partition(";")[0] for value in CONTENT_TYPES.values())
_SECURITY: Final = ("OpenMageOAuth",)
_PRODUCT: Final = Parameter("product", "path", "Id or SKU of a product or variant.", "lamp")
_IMAGE: Final = Parameter("image", "path", "Id of the image.", 3, {"type": "integer", "minimum": 1})
_STORE: Final = Parameter("store", "path", "Id or code of a store view.", "default")
_ACCEPT: Final = Parameter("Accept", "header", "Chooses the format of answers.", "application/json")
_ATTRS: Final = Parameter("attrs", "query", "Attributes to keep of an image; unknown ones count for nothing.", "id,url")
_VERSION: Final = Parameter("Version", "header", "Of the API; only 1 exists.", 1, {"type": "integer", "minimum": 1})

_GIVEN: Final[dict[str, JsonSchema]] = {
    "label": {"type": "string", "maxLength": 255},
    "position": {"type": "integer", "minimum": 0},
    "types": {"type": "array", "items": {"type": "string"}, "description": "`image`, `small_image`, `thumbnail` …"},
    "exclude": {"type": "integer", "enum": [0, 1]},
}
_FILE: Final[dict[str, JsonSchema]] = {
    "file_name": {"type": "string", "description": "Without an extension; made up where it is missing."},
    "file_content": {"type": "string", "contentEncoding": "base64"},
    "file_mime_type": {"type": "string", "enum": ["image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"]},
}
_NEW: Final = {
    "file_mime_type": "image/png",
    "label": "Front",
    "types": ["image"],
    "file_content": ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"),
}
_CHANGED: Final = {"label": "From the side", "position": 2, "types": ["thumbnail"]}


def _written(schema: str, example: Mapping[str, Any]) -> Content:
    """In each of the formats that a body may have; the others say the same in their own way."""
    xml, pairs = _in_xml(example), _in_pairs(example)
    examples = {"application/json": example, "application/xml": xml, "text/xml": xml, "text/plain": pairs}
    schemas = {
        media_type: ref(schema) if example is given else {"type": "string"} for media_type, given in examples.items()
    }
    return Content(schemas, examples=examples)


def _in_xml(example: Mapping[str, Any]) -> str:
    lines = [f"  <{name}>{_in_items(value)}</{name}>" for name, value in example.items()]
    return "\n".join(["<magento_api>", *lines, "</magento_api>"])


def _in_items(value: Any) -> str:
    return (
        "".join(f"<data_item>{item}</data_item>" for item in value) if isinstance(value, list) else escape(str(value))
    )


def _in_pairs(example: Mapping[str, Any]) -> str:
    return urlencode({f"{name}[]" if isinstance(value, list) else name: value for name, value in example.items()}, True)


def _read(schema: JsonSchema) -> Content:
    """In JSON as described; XML and `text/plain` tell the same."""
    return Content({media_type: schema if "json" in media_type else {} for media_type in _MEDIA_TYPES})


_ERRORS: Final = _read(ref("OpenMageErrors"))
_FAILED: Final = {
    400: Response("The request, its body or its picture cannot be used.", _ERRORS),
    401: Response("The OAuth signature is wrong, or its nonce was used.", _ERRORS),
    403: Response("The caller may not do this.", _ERRORS),
    404: Response("The caller's scope has no such product, image or store view.", _ERRORS),
    406: Response("`Accept` names no format that there is.", _ERRORS),
    500: Response("The admin has no role.", _ERRORS),
    503: Response("Everything is taken, or the database or the store is away.", _ERRORS, ("Retry-After",)),
}
_NOT_WRITTEN: Final = _FAILED | {
    405: Response("Only admins write, and one image at a time.", _ERRORS),
    408: Response("The body did not arrive in time.", _ERRORS),
    413: Response("The body or its picture is larger than is accepted.", _ERRORS),
    429: Response("The key or the address wrote too often.", _ERRORS, ("Retry-After",)),
}


def _operations(where: tuple[Parameter, ...], tail: str, scope: str) -> tuple[Operation, ...]:
    """The five operations of a gallery, globally or in a store view."""
    images = "/api/rest/products/{product}/images"
    image, always = f"{images}/{{image}}{tail}", (*where, _ACCEPT, _VERSION)

    def one(method: Method, summary: str, done: Response, body: Content | None = None) -> Operation:
        failed = _FAILED if method == "get" else _NOT_WRITTEN
        return Operation(method, image, summary, {200: done} | failed, (_PRODUCT, _IMAGE, *always), body, _SECURITY)

    listing = Operation(
        "get",
        images + tail,
        f"The images of a product {scope}.",
        {200: Response("In the order of their positions.", _read(array(ref("OpenMageImage"))))} | _FAILED,
        (_PRODUCT, *always, _ATTRS),
        security=_SECURITY,
        optional=True,
    )
    creation = Operation(
        "post",
        images + tail,
        f"Upload an image and say what it is {scope}.",
        {200: Response("It is kept, and listed from now on.", headers=("Location",))} | _NOT_WRITTEN,
        (_PRODUCT, *always),
        _written("OpenMageNewImage", _NEW),
        _SECURITY,
    )
    change = _written("OpenMageChange", _CHANGED)
    reading = one("get", f"One image {scope}.", Response("The image.", _read(ref("OpenMageImage"))))
    return (
        listing,
        creation,
        replace(reading, parameters=(*reading.parameters, _ATTRS), optional=True),
        one("put", f"Change what an image is {scope}, or its file in every one.", Response("Done."), change),
        one("delete", f"Remove an image {scope}.", Response("Done.")),
    )


SECTION: Final = Section(
    "OpenMage",
    "Magento 1's REST API: galleries of products, written by admins with OAuth 1.0a, read by everybody. XML, JSON or "
    "`key=value` pairs, as `Accept` and `Content-Type` say. Deleting an image globally takes its global types away; "
    "while a store view holds it for a type of its own it stays listed, whatever is repeated: delete it there first. "
    "In a store view an empty `label` brings the default back; `position`, `exclude` and `types` that were said there "
    "cannot be unsaid here, only by `import gallery`.",
    operations=(
        *_operations((), "", "in the global scope"),
        *_operations((_STORE,), "/store/{store}", "in a store view"),
    ),
    schemas={
        "OpenMageImage": record(
            {
                "id": {"type": "string"},
                "label": {"type": "string"},
                "position": {"type": "string"},
                "exclude": {"type": "string"},
                "url": {"type": "string"},
                "types": array({"type": "string"}),
            },
            optional=("id", "label", "position", "exclude", "url", "types"),
        ),
        "OpenMageNewImage": record(_FILE | _GIVEN, optional=("file_name", *_GIVEN)),
        "OpenMageChange": record(_FILE | _GIVEN, optional=(*_FILE, *_GIVEN)),
        "OpenMageErrors": record(
            {"messages": record({"error": array(record({"code": {"type": "integer"}, "message": {"type": "string"}}))})}
        ),
    },
    security_schemes={
        "OpenMageOAuth": {
            "type": "http",
            "scheme": "OAuth",
            "description": "OAuth 1.0a with the credentials of a consumer and a token, signed with HMAC-SHA1; "
            "PLAINTEXT over https and from the same machine.",
        }
    },
)
