"""What the three dialects answer: `GET /v1/products/{sku}/previews`."""

from typing import Any, Final

from aiohttp import web

from app.apis.previews import Preview, Subject
from app.apis.v1.call import Call, Row
from app.apis.v1.fields import Schema, Text
from app.apis.v1.present import answer
from app.errors import StoreViewNotFound
from app.openapi.sections import Response, array, integer, json, nullable, record, ref
from app.service.catalogue.stores import list_stores

_MOST_STORES: Final = 100
_DIALECTS: Final = ("glue", "openmage", "spree")


class _Asked(Schema):
    api = Text(words=_DIALECTS)
    store = Text()


async def show_previews(call: Call) -> web.Response:
    """As they would be sent now."""
    product = await call.services.products.product(call.params["sku"])
    store = call.query.get("store")
    active = [row["code"] for row in await list_stores(call.services.database) if row["active"]]
    if store is not None and store not in active:
        raise StoreViewNotFound(f"store view {store}")
    stores = active[:_MOST_STORES] if store is None else [store]
    subject = Subject(product.id, product.sku, product.slug, product.parent is None, stores)
    wanted = [call.query["api"]] if "api" in call.query else _DIALECTS
    items = [_document(one) for api in wanted async for one in call.services.previews[api](call.request, subject)]
    return answer({"items": items})


def _document(preview: Preview) -> dict[str, Any]:
    return {
        "api": preview.api,
        "as": preview.seen_by,
        "store": preview.store,
        "accept": preview.accept,
        "path": preview.path,
        "status": preview.answer.status,
        "headers": {str(name): value for name, value in preview.answer.headers.items()},
        "body": preview.answer.body.decode(),
    }


_TEXT: Final = {"type": "string"}
SCHEMAS: Final = {
    "Previews": record(
        {
            "items": array(
                record(
                    {
                        "api": {"type": "string", "enum": list(_DIALECTS)},
                        "as": {"type": "string", "enum": ["admin", "customer", "guest"]},
                        "store": nullable("string"),
                        "accept": nullable("string"),
                        "path": _TEXT,
                        "status": integer(),
                        "headers": {"type": "object", "additionalProperties": _TEXT},
                        "body": _TEXT,
                    }
                )
            )
        }
    )
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/products/{sku}/previews",
        "editor",
        show_previews,
        "What the three dialects answer for a product now: Glue in each language (`accept` is that of "
        "`Accept-Language`), OpenMage in each format (`accept`), to each type of user and in each of the first 100 "
        "store views, Spree with and without a key.",
        {200: Response("All of it, to the byte.", json(ref("Previews")))},
        query=_Asked,
        sentences={
            "api": "Of this dialect alone.",
            "store": "Code of the one store view to look from.",
        },
    ),
)
