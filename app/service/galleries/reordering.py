"""A gallery that was put in order as a whole stands again as it stood. Source: native.md, section 7."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.db.pool import Transaction
from app.service.changes.record import Row, record_rows
from app.service.galleries.rows import set_places

GLOBAL: Final = 0
"""As the log names the global scope."""


async def put_back(tx: Transaction, product: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[int]:
    """Takes back a row of the log; the caller holds the product. Which images stand elsewhere by now: then nothing is
    done. Images that came since stay where they are, those that went are no matter."""
    scope: int = before["scope"]
    store = None if scope == GLOBAL else scope
    listed = await tx.fetch("gallery_places_in_store", product, store)
    present = {row["id"]: row["position"] for row in listed}
    places = after.get("positions") or range(1, len(after["images"]) + 1)
    put = {image: place for image, place in zip(after["images"], places, strict=True) if image in present}
    if moved := [image for image, place in put.items() if present[image] != place]:
        return moved
    wanted = {i: place for i, place in zip(before["images"], before["positions"], strict=True) if i in put}
    changes = {image: place for image, place in wanted.items() if present[image] != place}
    if not changes:
        return []
    if store is None:
        await set_places(tx, changes)
    else:
        await tx.execute("put_places_back_in_store", list(changes), list(changes.values()), store)
    await record_rows(tx, [_row(product, scope, present, {**present, **wanted})])
    return []


def _row(product: int, scope: int, former: Mapping[int, int | None], present: Mapping[int, int | None]) -> Row:
    return Row("gallery.reordered", product, before=_side(scope, former), after=_side(scope, present))


def _side(scope: int, places: Mapping[int, int | None]) -> Mapping[str, Any]:
    images = sorted(places, key=lambda image: (places[image] is None, places[image], image))
    return {"scope": scope, "images": images, "positions": [places[image] for image in images]}
