"""What the native API does, a module for each subject."""

from collections.abc import Mapping
from typing import Final

from app.apis.v1.call import Row
from app.apis.v1.operations import (
    history,
    image_types,
    image_writes,
    images,
    jobs,
    keys,
    oauth,
    product_writes,
    products,
    service,
    stores,
    uploads,
)
from app.openapi.sections import Schema

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
)

ROWS: Final[tuple[Row, ...]] = tuple(row for subject in _SUBJECTS for row in subject.ROWS)
SCHEMAS: Final[Mapping[str, Schema]] = {
    name: schema for subject in _SUBJECTS for name, schema in subject.SCHEMAS.items()
}
"""Of documents, as `/docs` shows them."""
