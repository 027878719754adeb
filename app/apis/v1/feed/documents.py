"""Events as documents. Source: native.md, section 8."""

from collections.abc import Mapping
from typing import Any, Final

from app.apis.v1.documents.images import image_document
from app.apis.v1.present import json_bytes
from app.openapi.sections import JsonSchema, array, integer, nullable, record, ref
from app.service.feed.events import Event, View
from app.service.feed.kinds import WITHDRAWN


def event_document(event: Event, view: View) -> dict[str, Any]:
    """As an entry of a page; a line of a stream and the body of a webhook are its JSON."""
    change = event.change
    data = {
        "cursor": str(event.cursor),
        "product": None if change.product is None else {"id": change.product, "sku": change.sku},
        "image_id": change.image,
        "image": None if event.image is None else image_document(event.image, view.media),
        "changed": event.changed,
        "via": change.via,
        "actor": change.actor,
        "batch": change.batch,
        **event.reported,
        **event.further(),
    }
    if event.type == WITHDRAWN:
        data["urls"] = [f"{host}{path}" for path in event.paths for host in view.hosts]
    return {"type": event.type, "timestamp": change.at, "data": data}


def event_bytes(event: Event, view: View) -> bytes:
    return json_bytes(event_document(event, view))


_TEXT: Final = {"type": "string"}
_MAYBE_PRODUCT: Final = {"anyOf": [record({"id": integer(1), "sku": nullable("string")}), {"type": "null"}]}

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Event": record(
        {
            "type": _TEXT,
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "properties": {
                    "cursor": _TEXT,
                    "product": _MAYBE_PRODUCT,
                    "image_id": nullable("integer"),
                    "image": {"anyOf": [ref("Image"), {"type": "null"}]},
                    "changed": array(_TEXT),
                    "via": _TEXT,
                    "actor": nullable("string"),
                    "batch": nullable("string"),
                    "details": {"type": "object"},
                    "documents": array(_TEXT),
                    "urls": array(_TEXT),
                    "tags": array(_TEXT),
                },
                "required": ["cursor", "product", "image_id", "image", "changed", "via", "actor", "batch"],
            },
        }
    ),
    "Events": record({"items": array(ref("Event")), "next": _TEXT}),
}
