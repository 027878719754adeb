"""Pictures as documents of their own: with every place where they are used."""

from collections.abc import Mapping
from typing import Any, Final

from app.apis.v1.documents.images import EDIT, PICTURE_MEMBERS, edit_members, picture_members
from app.db.pool import Record
from app.openapi.sections import JsonSchema, array, integer, nullable, record
from app.service.galleries.v1.pictures import UsedPicture
from app.service.pictures.edits.values import read


def picture_document(used: UsedPicture) -> dict[str, Any]:
    picture = used.picture
    return {
        **picture_members(picture),
        "external": None if picture.file else {"large": picture.url_large, "small": picture.url_small},
        "images": [{"id": row["id"], "product": _product(row)} for row in used.images],
        "sets": [
            {"product": _product(row), "name": row["name"], "locale": row["locale"], "key": row["key"]}
            for row in used.sets
        ],
        "more": used.more,
        "edits": [_edit(row) for row in used.edits],
        "revision": used.revision,
    }


def _edit(row: Record) -> dict[str, Any]:
    """Of one that changes no pixels all but itself and its images is null."""
    shown = {name: row[name] for name in ("state", "width", "height", "thumbhash", "color")}
    return {"edit": edit_members(read(row["edit"])), **shown, "images": row["images"]}


def _product(row: Record) -> dict[str, Any]:
    return {"id": row["product_id"], "sku": row["sku"]}


_TEXT: Final = {"type": "string"}
_PRODUCT: Final = record({"id": integer(1), "sku": _TEXT})
_EXTERNAL: Final = record({"large": nullable("string"), "small": nullable("string")})

_EDITED: Final = record(
    {
        "edit": EDIT,
        "state": nullable("string"),
        "width": nullable("integer"),
        "height": nullable("integer"),
        "thumbhash": nullable("string"),
        "color": nullable("string"),
        "images": array(integer(1)),
    }
)

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Picture": record(
        {
            **PICTURE_MEMBERS,
            "external": {"anyOf": [_EXTERNAL, {"type": "null"}]},
            "images": array(record({"id": integer(1), "product": _PRODUCT})),
            "sets": array(
                record({"product": _PRODUCT, "name": _TEXT, "locale": nullable("string"), "key": nullable("string")})
            ),
            "more": {"type": "boolean"},
            "edits": array(_EDITED),
            "revision": integer(),
        }
    )
}
