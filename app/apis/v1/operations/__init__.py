"""What the native API does, a module for each subject."""

from collections.abc import Mapping
from typing import Final

from app.apis.v1.call import Row
from app.apis.v1.feed import events, webhooks
from app.apis.v1.operations import (
    checks,
    history,
    image_types,
    jobs,
    keys,
    oauth,
    product_writes,
    products,
    service,
    stores,
)
from app.apis.v1.operations.galleries import image_writes, images, pictures, previews, sets, texts, uploads
from app.apis.v1.storefront import media
from app.openapi.sections import JsonSchema

_SUBJECTS: Final = (
    stores,
    image_types,
    products,
    product_writes,
    images,
    history,
    keys,
    oauth,
    jobs,
    service,
    image_writes,
    uploads,
    events,
    media,
    webhooks,
    pictures,
    sets,
    previews,
    texts,
    checks,
)

ROWS: Final[tuple[Row, ...]] = tuple(row for subject in _SUBJECTS for row in subject.ROWS)
SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    name: schema for subject in _SUBJECTS for name, schema in subject.SCHEMAS.items()
}
"""Of documents, as `/docs` shows them."""
