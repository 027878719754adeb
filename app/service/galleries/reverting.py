"""Images become what they were, set-wise, whoever changed them. Source: native.md, section 7.

Types are let go first and assigned last: a holder is a live image of its product. What others hold by now stays theirs,
"none" and unset count as held by nobody. Paths that images give up are withdrawn, those that they take serve again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from app.db.pool import Record, Transaction
from app.errors import Gone
from app.model import BlobHash
from app.service.changes.record import recorded
from app.service.changes.reversal import Reversal, Target
from app.service.pictures.claims import lock_blobs
from app.service.pictures.edits.following import Edits
from app.service.pictures.edits.values import EditInput


async def hold_hashes(tx: Transaction, reversals: Iterable[Reversal]) -> set[int]:
    """Keeps sweeps and purges from what is about to be shown again; which images show what was purged or swept. It
    comes before all work on galleries."""
    live = (target for reversal in reversals for target in _live(reversal))
    shown = [(BlobHash(one), target.image) for target in live if (one := target.members.get("hash"))]
    hashes = {one for one, _ in shown}
    await lock_blobs(tx, hashes)
    barred = {row["hash"] for row in await tx.fetch("barred_hashes", list(hashes))}
    return {image for one, image in shown if one in barred}


async def images_of_gone_paths(tx: Transaction, reversal: Reversal) -> set[int]:
    """Those that are to have paths again which were withdrawn for ever."""
    images: defaultdict[str, set[int]] = defaultdict(set)  # several may share a path
    for target in _live(reversal):
        if path := target.members.get("path"):
            images[path].add(target.image)
    gone = [row["path"] for row in await tx.fetch("gone_paths", list(images))]
    return {image for path in gone for image in images[path]}


async def revert(
    tx: Transaction, reversal: Reversal, images: Mapping[int, Record], products: list[int], edits: Edits
) -> list[str]:
    """Writes what `reversal` says of these images (`images_to_revert`), whose products the caller holds, and the rows
    of the log; gives the paths that were given up. Gone for a path that was withdrawn for ever."""
    taken = [path for target in _live(reversal) if (path := target.members.get("path"))]
    left = [row["file_path"] for row in images.values() if _leaves(row, reversal.targets[row["id"]])]
    held = await tx.fetch("lock_paths", [*taken, *left])
    if any(row["is_gone"] and row["path"] in taken for row in held):
        raise Gone("a path was withdrawn for ever")
    async with recorded(tx, products, placed=list(reversal.targets)):
        await _write(tx, reversal, images)
        await edits.patch(tx, {one.image: one.members.get("edit", EditInput()) for one in _live(reversal)})
        await tx.execute("serve_paths_again", taken)
        await tx.execute("withdraw_paths", left)
    return left


async def _write(tx: Transaction, reversal: Reversal, images: Mapping[int, Record]) -> None:
    targets = list(reversal.targets.values())
    held = [scope for target in _live(reversal) for scope in _held(target, _product(target, images))]
    going: list[dict[str, Any]] = [
        {"image": target.image, "scope": None, "held": []}
        for target in targets
        if not target.is_live or _product(target, images) != images[target.image]["product_id"]
    ]
    nones = [
        {"product": p, "scope": s, "code": code, "is_none": is_none} for (p, s, code), is_none in reversal.nones.items()
    ]
    await tx.execute("release_types_of_images", [one.image for one in targets if one.is_deleted_again])
    await tx.execute("release_reverted_types", _json([*going, *held]))
    await tx.execute("forget_fresh_nones", _json(nones))
    reported = ({"image": one.image, "is_live": one.is_live, "members": one.members} for one in targets)
    await tx.execute("revert_images", _json(reported))
    recipes = {recipe for target in _live(reversal) for recipe in target.members.get("recipes") or ()}
    await tx.execute("want_recipes_again", sorted(recipes))
    await tx.execute("revert_store_values", _json(row for target in _live(reversal) for row in _store_rows(target)))
    await tx.execute("revert_nones", _json(nones))
    await tx.execute("assign_reverted_types", _json(held))
    places = reversal.places.items()
    await tx.execute(
        "revert_places",
        _json({"image": i, "former": p.former, "put": p.put, "is_set": p.is_set} for i, p in places),
    )


def _product(target: Target, images: Mapping[int, Record]) -> int:
    """That an image is to be one of."""
    return int(target.members.get("product") or images[target.image]["product_id"])


def _held(target: Target, product: int) -> Iterator[dict[str, Any]]:
    """The types that an image is to hold, by scope."""
    types: Mapping[str, Mapping[str, str] | None] = target.members.get("types", {})
    for scope, given in types.items():
        held = [code for code, how in (given or {}).items() if how == "held"]
        yield {"image": target.image, "product": product, "scope": int(scope), "held": held}


def _store_rows(target: Target) -> Iterator[dict[str, Any]]:
    stores, positions = target.members.get("stores", {}), target.members.get("positions", {})
    for store in {*stores, *positions}:
        given = {"says": store in stores, "places": store in positions, "position": positions.get(store)}
        yield {"image": target.image, "store": int(store), **given, **(stores.get(store) or {})}


def _live(reversal: Reversal) -> Iterator[Target]:
    return (target for target in reversal.targets.values() if target.is_live)


def _leaves(row: Record, target: Target) -> bool:
    """Whether an image gives up the path that it has."""
    if row["file_path"] is None or row["is_deleted"]:
        return False
    return not target.is_live or target.members.get("path", row["file_path"]) != row["file_path"]


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(rows)).decode()
