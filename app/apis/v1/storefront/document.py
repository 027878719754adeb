"""What products show, as bytes that are joined to answers. Pure, but for pauses: a gallery may be long."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from app.apis.v1.present import json_bytes
from app.model import Placeholder
from app.openapi.sections import JsonSchema, array, integer, nullable, record, ref
from app.service.galleries.v1.media import ShownFile, ShownImage, ShownProduct

_AT_ONCE: Final = 20
"""Images that are written before others have their turn: half a millisecond."""
_NOTHING: Final[Mapping[str, Any]] = {"width": None, "height": None}


async def fragment_of(sku: str, product: ShownProduct, media: str) -> bytes:
    """A product's share of an answer. `media` is where URLs of files begin, without a slash at the end."""
    images = []
    for number, image in enumerate(product.images, 1):
        images.append(json_bytes(_image(image, media)))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    inherited = b"true" if product.is_inherited else b"false"
    return b'{"sku":%b,"inherited":%b,"images":[%b]}' % (json_bytes(sku), inherited, b",".join(images))


def _image(image: ShownImage, media: str) -> dict[str, Any]:
    return {
        "id": image.id,
        "alt": image.alt,
        "types": image.types,
        **_sides(image.file),
        **_stands_for(image.placeholder),
        "focal": image.focal,
        "src": image.url if image.file is None else f"{media}{image.file.large}",
        "srcset": {} if image.file is None else _srcset(image.file, media),
    }


def _sides(file: ShownFile | None) -> Mapping[str, Any]:
    return _NOTHING if file is None else {"width": file.width, "height": file.height}


def _stands_for(placeholder: Placeholder | None) -> Mapping[str, Any]:
    thumbhash, color = (placeholder.thumbhash, placeholder.color) if placeholder else (None, None)
    return {"thumbhash": thumbhash, "color": color}


def _srcset(file: ShownFile, media: str) -> Mapping[str, Any]:
    return {
        fmt: [{"url": f"{media}{path}", "width": width, "height": height} for path, width, height in offers]
        for fmt, offers in file.offers.items()
    }


_TEXT: Final = {"type": "string"}
_OFFER: Final = record({"url": _TEXT, "width": integer(1), "height": integer(1)})

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Media": record({"products": array(ref("ShownProduct")), "unknown": array(_TEXT)}),
    "ShownProduct": record({"sku": _TEXT, "inherited": {"type": "boolean"}, "images": array(ref("ShownImage"))}),
    "ShownImage": record(
        {
            "id": integer(1),
            "alt": nullable("string"),
            "types": array(_TEXT),
            "width": nullable("integer"),
            "height": nullable("integer"),
            "thumbhash": nullable("string"),
            "color": nullable("string"),
            "focal": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "src": _TEXT,
            "srcset": {"type": "object", "additionalProperties": array(_OFFER)},
        }
    ),
}
