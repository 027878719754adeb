"""An image that shows bytes which nobody had before: the change that brings it in knows all that there is to be said of
it, and nothing has to be read back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import orjson

from app.db.pool import Record, Transaction
from app.model import ImageId
from app.service.galleries.declared import is_of_another_format
from app.service.galleries.v1.files import Drafted, Filed
from app.service.galleries.v1.images import ImageRows, NativeImage
from app.service.galleries.v1.input import ImageInput, NewBytes, Source
from app.service.pictures.intake import Blob
from app.settings import Settings

_ELSEWHERE: Final = frozenset({"types", "stores", "edit"})
"""What may be said of an image that other rows are written for, which the change does not look at again."""

_NOT_YET: Final[Mapping[str, Any]] = {
    "state": "processing",
    "failure_code": None,
    "failure_detail": None,
    "types": (),
    "stores": None,
    "is_served": True,
    "edit": None,
    "edit_key": None,
    "duplicates": (),
    "deleted_at": None,
    "thumbhash": None,
    "color": None,
    "url_large": None,
    "url_small": None,
    "texts": None,
    "failures": None,
    "built": None,
}
"""The columns of `native_images` that nobody has written anything for."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new image; `image` is what is to be read of it, where the change knows that."""

    id: ImageId
    image: NativeImage | None = None


@dataclass(slots=True)
class Creation:
    """An image on its way in: its product (of `lock_products`), what is said of it, and what was written so far, its
    row (of `insert_image`, or `insert_image_at_new_path`) last. `is_new`: nobody had its bytes before. `drafted`: its
    picture, if that is a new one. `place`: where it goes, if that is known before its row."""

    tx: Transaction
    owner: Record
    source: Source
    is_new: bool
    given: ImageInput
    drafted: Drafted | None = None
    place: int | None = None
    filed: Filed | None = None
    row: Record | None = None


class FreshImages:
    def __init__(self, settings: Settings) -> None:
        self._rows_of = ImageRows(settings.listed_recipes)
        self._shows_marks = settings.rights == "rights"

    def image(self, made: Creation) -> NativeImage | None:
        """What `NativeReader` would read of it; None where that has to be read."""
        if not made.is_new or not isinstance(made.source, NewBytes) or _ELSEWHERE & made.given.keys():
            return None
        return self._rows_of.image(
            {
                **_NOT_YET,
                **_of_entry(made),
                **_of_blob(made.source.blob),
                "declared": _declared(made.source),
                "key": (made.source.blob.facts.marks or None) if self._shows_marks else None,
            }
        )


def _of_entry(made: Creation) -> Mapping[str, Any]:
    assert made.filed is not None
    assert made.row is not None
    return {
        **made.row,
        "product_id": made.owner["id"],
        "sku": made.owner["sku"],
        "family": made.owner["family"],
        "picture": made.filed.picture,
        "file_name": made.filed.name,
        "file_path": made.filed.path,
        "label": made.given.get("label"),
        "excluded": made.given.get("exclude"),
    }


def _of_blob(blob: Blob) -> Mapping[str, Any]:
    facts = {one.name: getattr(blob.facts, one.name) for one in fields(blob.facts)}
    return {
        **facts,
        "blob_hash": bytes.fromhex(blob.hash),
        "size": blob.size,
        "notes": orjson.dumps(facts["notes"] or ()),
    }


def _declared(source: NewBytes) -> str | None:
    declared = source.declared
    is_kept = declared is not None and is_of_another_format(declared, source.blob.facts.source_format)
    return declared if is_kept else None
