"""A webhook and its deliveries as `/v1` shows them, and how that is declared."""

from typing import Any, Final

import orjson

from app.db.pool import Record
from app.openapi.sections import JsonSchema, array, integer, listed, nullable, record
from app.service.feed.cursors import Cursor
from app.service.webhooks.hooks import Webhook

STATES: Final = ("pending", "done", "failed")
"""Of a delivery."""


def document(hook: Webhook) -> dict[str, Any]:
    """Without its secret."""
    return {
        "id": hook.id,
        "url": hook.url,
        "types": hook.types,
        "sku_prefix": hook.sku_prefix,
        "description": hook.description,
        "enabled": hook.disabled_at is None,
        "disabled_reason": hook.disabled_reason,
        "cursor": str(Cursor(hook.read_to)),
        "succeeded_at": hook.succeeded_at,
        "failing_since": hook.failing_since,
        "created_at": hook.created_at,
    }


def delivery(row: Record) -> dict[str, Any]:
    """What was sent, and what became of each try."""
    return {
        "id": row["id"],
        "webhook_id": row["webhook_id"],
        "type": row["type"],
        "cursor": str(Cursor(row["change_id"], row["part"] or None)),
        "state": row["state"],
        "tries": orjson.loads(row["tries"]),
        "next_try_at": row["next_try_at"],
        "created_at": row["created_at"],
    }


_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final = nullable("string", format="date-time")
_HOOK: Final[dict[str, JsonSchema]] = {
    "id": integer(1),
    "url": _TEXT,
    "types": array(_TEXT),
    "sku_prefix": nullable("string"),
    "description": nullable("string"),
    "enabled": {"type": "boolean"},
    "disabled_reason": nullable("string"),
    "cursor": _TEXT,
    "succeeded_at": _MAYBE_TIME,
    "failing_since": _MAYBE_TIME,
    "created_at": _TIME,
}
SCHEMAS: Final = {
    "Webhook": record(_HOOK),
    "NewWebhook": record({**_HOOK, "secret": _TEXT}),
    "Webhooks": listed("Webhook"),
    "Secret": record({"secret": _TEXT}),
    "TestDelivery": record({"id": _TEXT}),
    "Delivery": record(
        {
            "id": _TEXT,
            "webhook_id": integer(1),
            "type": _TEXT,
            "cursor": _TEXT,
            "state": {"type": "string", "enum": list(STATES)},
            "tries": array(
                record(
                    {
                        "at": _TIME,
                        "status": nullable("integer"),
                        "duration_ms": integer(),
                        "answer": nullable("string"),
                        "error": nullable("string"),
                    }
                )
            ),
            "next_try_at": _MAYBE_TIME,
            "created_at": _TIME,
        }
    ),
    "Deliveries": listed("Delivery"),
}
