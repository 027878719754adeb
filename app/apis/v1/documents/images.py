"""Images and pictures as documents."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from app.openapi.sections import JsonSchema, array, integer, nullable, record, ref
from app.raster.steps.edit import TURNS, UNEDITED, Edit
from app.service.galleries.v1.images import File, NativeImage, Picture, Rendition, StoreSettings
from app.service.galleries.v1.notes import Remark

_ORIGINALS: Final = "/media/catalog/product"


def image_document(image: NativeImage, media: str) -> dict[str, Any]:
    """`media` is where URLs of files begin, without a slash at the end."""
    return {
        "id": image.id,
        "product": {"id": image.product_id, "sku": image.sku},
        "state": image.state,
        "failure": image.failure and image.failure._asdict(),
        "label": image.label,
        "position": image.position,
        "exclude": image.exclude,
        "types": image.types,
        "stores": {code: _store(given) for code, given in image.stores.items()},
        "file_name": image.file_name,
        "path": image.path,
        "picture": picture_members(image.picture, image.notes),
        "edit": edit_members(image.edit),
        "external": _external(image.picture),
        "original": f"{media}{_ORIGINALS}{quote(image.path)}" if image.path and image.is_served else None,
        "renditions": [_rendition(one, media) for one in image.picture.renditions],
        "created_at": image.created_at,
        "updated_at": image.updated_at,
        "deleted_at": image.deleted_at,
        "revision": image.revision,
    }


def picture_members(picture: Picture, notes: Iterable[Remark] = ()) -> dict[str, Any]:
    """A picture as images show it; `notes` are those of the image."""
    return {
        "id": picture.id,
        **_file(picture.file),
        "thumbhash": picture.placeholder and picture.placeholder.thumbhash,
        "color": picture.placeholder and picture.placeholder.color,
        "texts": {locale: {"large": given.large, "small": given.small} for locale, given in picture.texts.items()},
        "notes": [_note(remark) for remark in (*picture.notes, *notes)],
    }


def edit_members(edit: Edit) -> dict[str, Any] | None:
    """With all its members; None where nothing is done."""
    if edit == UNEDITED:
        return None
    return {"rotate": edit.rotate, "crop": edit.crop, "focal": edit.focal}


_NO_FILE: Final[Mapping[str, Any]] = dict.fromkeys(
    ("sha256", "size", "format", "source_format", "width", "height", "frames", "alpha")
)


def _file(file: File | None) -> Mapping[str, Any]:
    if file is None:
        return _NO_FILE
    return {name: getattr(file, name) for name in _NO_FILE}


def _store(given: StoreSettings) -> dict[str, Any]:
    return {
        "label": given.label,
        "position": given.position,
        "exclude": given.exclude,
        "hidden": given.hidden,
        "types": given.types,
    }


def _external(picture: Picture) -> dict[str, Any] | None:
    if picture.file is not None:
        return None
    return {"large": picture.url_large, "small": picture.url_small}


def _rendition(one: Rendition, media: str) -> dict[str, Any]:
    return {
        "recipe": one.recipe,
        "format": one.format,
        "state": one.state,
        "reason": one.reason,
        "width": one.width,
        "height": one.height,
        "size": one.size,
        "url": f"{media}{one.path}",
    }


def _note(remark: Remark) -> dict[str, Any]:
    return {
        "code": remark.code,
        "severity": remark.severity,
        "message": remark.message,
        "measured": remark.measured,
        "limit": remark.limit,
    }


_TIME: Final = {"type": "string", "format": "date-time"}
_TEXT: Final = {"type": "string"}
_TRUTH: Final = {"type": "boolean"}
_STATES: Final = ["processing", "ready", "failed", "external", "deleted"]


def _maybe(schema: JsonSchema) -> JsonSchema:
    return {"anyOf": [schema, {"type": "null"}]}


def _by_name(schema: JsonSchema) -> JsonSchema:
    return {"type": "object", "additionalProperties": schema}


_FRACTION: Final = {"type": "number", "minimum": 0, "maximum": 1}
EDIT: Final = record(
    {
        "rotate": {"type": "integer", "enum": list(TURNS)},
        "crop": {"type": ["array", "null"], "items": _FRACTION, "minItems": 4, "maxItems": 4},
        "focal": {"type": ["array", "null"], "items": _FRACTION, "minItems": 2, "maxItems": 2},
    }
)

PICTURE_MEMBERS: Final[Mapping[str, JsonSchema]] = {
    "id": integer(1),
    "sha256": nullable("string"),
    "size": nullable("integer"),
    "format": nullable("string"),
    "source_format": nullable("string"),
    "width": nullable("integer"),
    "height": nullable("integer"),
    "frames": nullable("integer"),
    "alpha": nullable("boolean"),
    "thumbhash": nullable("string"),
    "color": nullable("string"),
    "texts": _by_name(record({"large": nullable("string"), "small": nullable("string")})),
    "notes": array(
        record(
            {
                "code": _TEXT,
                "severity": {"type": "string", "enum": ["info", "warning"]},
                "message": _TEXT,
                "measured": {},
                "limit": nullable("integer"),
            }
        )
    ),
}

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Image": record(
        {
            "id": integer(1),
            "product": record({"id": integer(1), "sku": _TEXT}),
            "state": {"type": "string", "enum": _STATES},
            "failure": _maybe(record({"code": _TEXT, "detail": nullable("string")})),
            "label": nullable("string"),
            "position": nullable("integer"),
            "exclude": _TRUTH,
            "types": array(_TEXT),
            "stores": _by_name(
                record(
                    {
                        "label": nullable("string"),
                        "position": nullable("integer"),
                        "exclude": nullable("boolean"),
                        "hidden": _TRUTH,
                        "types": array(_TEXT),
                    }
                )
            ),
            "file_name": nullable("string"),
            "path": nullable("string"),
            "picture": record(PICTURE_MEMBERS),
            "edit": _maybe(EDIT),
            "external": _maybe(record({"large": nullable("string"), "small": nullable("string")})),
            "original": nullable("string"),
            "renditions": array(ref("Rendition")),
            "created_at": _TIME,
            "updated_at": _TIME,
            "deleted_at": nullable("string", format="date-time"),
            "revision": integer(),
        }
    ),
    "Rendition": record(
        {
            "recipe": _TEXT,
            "format": _TEXT,
            "state": {"type": "string", "enum": ["ready", "pending", "failed"]},
            "reason": nullable("string"),
            "width": nullable("integer"),
            "height": nullable("integer"),
            "size": nullable("integer"),
            "url": _TEXT,
        }
    ),
}
