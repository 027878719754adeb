"""Stored images as lines: what an export writes, and what an import compares with."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.db.pool import Record
from app.service.pictures.edits.values import members, read
from app.service.transfer.galleries.lines import ImageLine, Values


def stored_line(row: Record) -> ImageLine:
    """From a row of `images_to_transfer`."""
    stores: Mapping[str, Any] = orjson.loads(row["stores"] or "{}")
    return ImageLine(
        sku=row["sku"],
        given=_values(row),
        stores={code: _values(store) for code, store in stores.items()},
        id=row["id"],
        path=row["path"],
        file_name=row["file_name"],
        file_updated_at=row["file_updated_at"],
        url_large=row["url_large"],
        url_small=row["url_small"],
        key=row["key"],
        edit=read(row["edit"]),
        texts=orjson.loads(row["texts"] or "{}"),
    )


def _values(values: Mapping[str, Any] | Record) -> Values:
    types = dict.fromkeys(values["types"], True)
    hidden = bool(values.get("hidden", False))
    return Values(values["label"], values["position"], values["exclude"], hidden, types)


def as_document(line: ImageLine) -> dict[str, Any]:
    """A line without what is unset, ready for JSON."""
    plain = {
        "sku": line.sku,
        "id": line.id,
        "path": line.path,
        "file": line.file,
        "file_name": line.file_name,
        "file_updated_at": line.file_updated_at.isoformat() if line.file_updated_at else None,
        "url_large": line.url_large,
        "url_small": line.url_small,
        "key": line.key,
        "edit": (members(line.edit) or None) if line.edit else None,
        "texts": dict(line.texts) or None,
        **_as_document(line.given),
        "stores": {code: _as_document(given) for code, given in line.stores.items()} or None,
    }
    return {name: value for name, value in plain.items() if value is not None}


def _as_document(given: Values) -> dict[str, Any]:
    values = {
        "label": given.label,
        "position": given.position,
        "exclude": given.exclude,
        "hidden": given.hidden or None,
        "types": given.held or None,
    }
    return {name: value for name, value in values.items() if value is not None}
