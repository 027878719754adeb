"""Products as documents."""

from collections.abc import Mapping
from typing import Any, Final

from app.openapi.sections import JsonSchema, array, integer, nullable, record
from app.service.catalogue.search import ProductDocument


def product_document(product: ProductDocument, media: str) -> dict[str, Any]:
    """`media` is where URLs of files begin, without a slash at the end."""
    return {
        "id": product.id,
        "sku": product.sku,
        "slug": product.slug,
        "name": product.name,
        "parent": product.parent,
        "enabled": product.enabled,
        "visible": product.visible,
        "supports_images": product.supports_images,
        "websites": product.websites,
        "images": product.images._asdict(),
        "cover": f"{media}{product.cover_path}" if product.cover_path else product.cover_url,
        "missing": product.missing,
        "children": product.children,
        "revision": product.revision,
    }


_TEXT: Final = {"type": "string"}
_TRUTH: Final = {"type": "boolean"}

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Product": record(
        {
            "id": integer(1),
            "sku": _TEXT,
            "slug": _TEXT,
            "name": nullable("string"),
            "parent": nullable("string"),
            "enabled": _TRUTH,
            "visible": _TRUTH,
            "supports_images": _TRUTH,
            "websites": array(_TEXT),
            "images": record({name: integer() for name in ("total", "ready", "processing", "failed")}),
            "cover": nullable("string"),
            "missing": array(_TEXT),
            "children": array(_TEXT),
            "revision": integer(),
        }
    )
}
