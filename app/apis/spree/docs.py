"""What this dialect answers, declared."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from app.openapi.sections import (
    Content,
    Method,
    Operation,
    Parameter,
    Response,
    Section,
    array,
    integer,
    json,
    nullable,
    record,
    ref,
)
from app.service.galleries.spree.addresses import STYLES

_SECURITY: Final = ("SpreeKey", "SpreeKeyInQuery")
_IMAGE: Final = Parameter("image", "path", "Id of the image.", 1, {"type": "integer", "minimum": 1})
_DELIVERING: Final[tuple[Method, ...]] = ("get", "head")
_ERROR: Final = json(ref("SpreeError"))
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
_PICTURE: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
_BINARY: Final = {"type": "string", "contentMediaType": "application/octet-stream"}

_FAILED: Final = {
    401: Response("The key is missing, unknown, or no admin's.", _ERROR),
    404: Response("There is no such product or image for this caller.", _ERROR),
    406: Response("Only JSON is told."),
    503: Response("Everything is taken, or the database or the store is away.", _ERROR, ("Retry-After",)),
}
_NOT_WRITTEN: Final = _FAILED | {
    400: Response("The body cannot be parsed.", _ERROR),
    408: Response("The body did not arrive in time.", _ERROR),
    413: Response("The body is larger than is accepted.", _ERROR),
    415: Response("The body is compressed.", _ERROR),
    422: Response("The picture or a value is refused; `errors` says why.", _ERROR),
    429: Response("The key or the address wrote too often.", _ERROR, ("Retry-After",)),
}


def _form(schema: str, example: Mapping[str, str]) -> Content:
    """A form's fields are called `image[alt]` and so on; a file can only be sent in one with parts."""
    flat = {
        "image[alt]": {"type": "string"},
        "image[position]": integer(1),
        "image[attachment]": {"type": "string", "description": "A `data:` URI or, where allowed, a URL."},
    }
    return Content(
        {
            _FORMS[0]: record(flat | {"image[attachment]": _BINARY}, optional=tuple(flat)),
            _FORMS[1]: record(flat, optional=tuple(flat)),
            _FORMS[2]: ref(schema),
        },
        examples={
            _FORMS[1]: urlencode({f"image[{name}]": value for name, value in example.items()}),
            _FORMS[2]: {"image": example},
        },
    )


def _operations(parents: str) -> tuple[Operation, ...]:
    parent = Parameter("parent", "path", f"{_ADDRESSES[parents]}.", "coffee-mug" if parents == "products" else 1)
    images = f"/api/v1/{parents}/{{parent}}/images"

    def on(
        path: str, method: Method, summary: str, done: dict[int, Response], body: Content | None = None
    ) -> Operation:
        failed = _FAILED if method == "get" else _NOT_WRITTEN
        image = (_IMAGE,) if "{image}" in path else ()
        return Operation(method, path, summary, done | failed, (parent, *image), body, _SECURITY)

    one, image = f"{images}/{{image}}", json(ref("SpreeImage"))
    changed = {200: Response("The image as it is now.", image)}
    change = _form("SpreeImageChange", {"alt": "From the side"})
    return (
        on(images, "get", "The images of the product.", {200: Response("All of them.", json(ref("SpreeImages")))}),
        on(
            images,
            "post",
            "Add an image: a file, a `data:` URI or, where allowed, a URL.",
            {201: Response("The image.", image)},
            _form("SpreeNewImage", {"alt": "From the back", "attachment": _PICTURE}),
        ),
        on(f"{images}/new", "get", "The attributes of an image.", {200: Response("Names.", json({"type": "object"}))}),
        on(one, "get", "One image, whatever product it belongs to.", {200: Response("The image.", image)}),
        on(one, "put", "Change an image.", changed, change),
        on(one, "patch", "Change an image.", changed, change),
        on(one, "delete", "Remove an image.", {204: Response("It is gone, and so are its URLs.")}),
    )


_ADDRESSES: Final = {
    "products": "Slug, former slug or id of a product",
    "variants": "Id of a product or variant",
}
_FILE: Final = (
    Parameter("image", "path", "Id of the image.", 1, {"type": "integer", "minimum": 1}),
    Parameter("style", "path", "Which rendition.", "mini", {"type": "string", "enum": [*STYLES, "original"]}),
    Parameter("file", "path", "The file's name.", "mug.jpg"),
)
_SERVED: Final = {
    200: Response("The file; for ever the same only with the current stamp as its query.", Content({"image/*": {}})),
    206: Response("The part that was asked for with `Range`.", Content({"image/*": {}}), ("Content-Range",)),
    304: Response("The client has it already."),
    404: Response("There is no such image.", _ERROR),
    412: Response("A condition does not hold."),
    416: Response("There is no such part."),
    503: Response("Too much is asked for at once, or the store is away.", _ERROR, ("Retry-After",)),
}
_TEXT: Final = nullable("string")
_GIVEN: Final = {
    "alt": _TEXT,
    "position": nullable("integer"),
    "viewable_id": nullable("integer"),
    "viewable_type": _TEXT,
    "attachment": {"type": "string", "description": "A `data:` URI or, where allowed, a URL."},
}

SECTION: Final = Section(
    "Spree",
    "Spree's API, version 1: the images of products and variants, for holders of a key. Forms with parts, urlencoded "
    "forms or JSON. The paths answer without `/v1`, too. Positions count from 1, and 0 means 1: whoever reorders with "
    "numbers from 0, one image after the other, finds the first two swapped.",
    operations=(
        *_operations("products"),
        *_operations("variants"),
        *(
            Operation(method, "/spree/products/{image}/{style}/{file}", "An image's file.", _SERVED, _FILE)
            for method in _DELIVERING
        ),
    ),
    schemas={
        "SpreeImage": record(
            {
                "id": integer(1),
                "position": nullable("integer"),
                "attachment_content_type": _TEXT,
                "attachment_file_name": _TEXT,
                "type": {"const": "Spree::Image"},
                "attachment_updated_at": _TEXT,
                "attachment_width": nullable("integer"),
                "attachment_height": nullable("integer"),
                "alt": _TEXT,
                "viewable_type": {"const": "Spree::Variant"},
                "viewable_id": integer(1),
                **{f"{style}_url": {"type": "string"} for style in STYLES},
            }
        ),
        "SpreeImages": record({"images": array(ref("SpreeImage"))}),
        "SpreeNewImage": record({"image": record(_GIVEN, optional=tuple(_GIVEN))}),
        "SpreeImageChange": record({"image": record(_GIVEN, optional=tuple(_GIVEN))}),
        "SpreeError": {"type": "object"},
    },
    security_schemes={
        "SpreeKey": {"type": "apiKey", "in": "header", "name": "X-Spree-Token"},
        "SpreeKeyInQuery": {"type": "apiKey", "in": "query", "name": "token"},
    },
)
