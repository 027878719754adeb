"""Rows of the log as documents."""

from collections.abc import Mapping
from typing import Any, Final

from app.db.pool import Record
from app.openapi.sections import JsonSchema, integer, listed, nullable, record
from app.service.changes.reversal import members

_AS_THEY_ARE: Final = (
    "via", "request_id", "batch", "product_id", "sku", "image_id", "revision", "kind"
)  # fmt: skip


def change_document(row: Record) -> dict[str, Any]:
    """`before` and `after` have the members that differ, as the log has them; `before` is null for what is new, `after`
    for what is gone."""
    return {
        "id": row["id"],
        "at": row["at"],
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_name"]},
        **{name: row[name] for name in _AS_THEY_ARE},
        "before": members(row["before"]),
        "after": members(row["after"]),
    }


_TEXT: Final = {"type": "string"}
_ANYTHING: Final = {"type": ["object", "null"], "additionalProperties": True}

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Change": record(
        {
            "id": integer(1),
            "at": {"type": "string", "format": "date-time"},
            "actor": record({"kind": _TEXT, "id": nullable("string"), "name": nullable("string")}),
            "via": _TEXT,
            "request_id": nullable("string"),
            "batch": nullable("string"),
            "product_id": nullable("integer"),
            "sku": nullable("string"),
            "image_id": nullable("integer"),
            "revision": nullable("integer"),
            "kind": _TEXT,
            "before": _ANYTHING,
            "after": _ANYTHING,
        }
    ),
    "Changes": listed("Change"),
}
