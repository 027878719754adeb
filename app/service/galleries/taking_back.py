"""Rows of the log are taken back in one transaction, from the newest to the oldest. Source: native.md, section 7.

Rows of one sort that follow one another are taken back together; where sorts alternate each run finds what the one
before it left. Nothing is overwritten that was changed since: an image or a picture whose revision moved on, a product
that somebody has brought back, a gallery that somebody has put in another order.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from app.db.pool import Record, Transaction
from app.errors import Gone
from app.model import ProductId
from app.service.changes.products import delete_again, hinders, restore_products
from app.service.changes.reversal import LogRow, Reversal, members, reversal
from app.service.galleries.reordering import put_back
from app.service.galleries.reverting import hold_hashes, images_of_gone_paths, revert
from app.service.galleries.v1.texts import put_texts_back
from app.service.pictures.edits.following import Edits


@dataclass(slots=True)
class TakenBack:
    """What was changed, and what was left as it is; the families to be told of, and the paths that were given up. Where
    it `leaves_gone`, what can be restored no more is left, too."""

    images: set[int] = field(default_factory=set)
    products: set[int] = field(default_factory=set)
    pictures: set[int] = field(default_factory=set)
    orders: int = 0
    left: list[int] = field(default_factory=list)
    left_products: list[int] = field(default_factory=list)
    left_pictures: list[int] = field(default_factory=list)
    families: set[ProductId] = field(default_factory=set)
    withdrawn: list[str] = field(default_factory=list)
    leaves_gone: bool = False

    @property
    def number(self) -> int:
        """How many things are as they were."""
        return len(self.images) + len(self.products) + len(self.pictures) + self.orders

    @property
    def conflicts(self) -> dict[str, Any]:
        """What was left, by sort; images are told in any case."""
        found: dict[str, Any] = {"products": self.left_products, "pictures": self.left_pictures}
        left = {"images": sorted(self.left)} | {name: sorted(ids) for name, ids in found.items() if ids}
        return left if any(left.values()) else {}


class _Means(NamedTuple):
    """How long products can be restored, and what brings edits back."""

    restorable: timedelta
    edits: Edits


async def take_back(
    tx: Transaction, rows: Sequence[Record], restorable: timedelta, edits: Edits, *, leaves_gone: bool = False
) -> TakenBack:
    """Takes back what can be; `rows` are newest first. Gone for images whose bytes were purged or swept, or whose paths
    were withdrawn for ever, unless those are to be left (`leaves_gone`) like others that were changed since."""
    back = TakenBack(leaves_gone=leaves_gone)
    if leaves_gone:
        back.left += sorted({row["image_id"] for row in rows if _is_purged(row)})
        rows = [row for row in rows if row["image_id"] not in back.left or row["image_id"] is None]
    runs = [(sort, list(run)) for sort, run in groupby(rows, lambda row: _sort(row["kind"]))]
    if any(sort == "product" for sort, _ in runs):
        await tx.execute("lock_provisioning")
    gone = await hold_hashes(tx, [await _reversal(run) for sort, run in runs if sort == "image"])
    if gone and not leaves_gone:
        raise Gone("a picture was purged or swept")
    back.left += sorted(gone)
    await _families(tx, back, _products(rows))
    for sort, run in runs:
        await _RUNS[sort](tx, run, back, _Means(restorable, edits))
    return back


def _is_purged(row: Record) -> bool:
    return row["image_id"] is not None and any("purged" in (members(row[side]) or {}) for side in ("before", "after"))


def _sort(kind: str) -> str:
    return kind.partition(".")[0]


async def _reversal(rows: Sequence[Record]) -> Reversal:
    """Beside the loop: thousands of rows are read."""
    return await asyncio.to_thread(lambda: reversal(map(_logged, rows)))


def _logged(row: Record) -> LogRow:
    return LogRow(row["image_id"], row["product_id"], row["kind"], members(row["before"]), members(row["after"]))


def _products(rows: Sequence[Record]) -> Iterator[int]:
    """Those that images leave and those that they come back to."""
    for row in rows:
        yield from (one for one in (row["product_id"], (members(row["before"]) or {}).get("product")) if one)


async def _families(tx: Transaction, back: TakenBack, products: Iterator[int]) -> set[int]:
    """Holds products, and gives those that are there."""
    rows = await tx.fetch("lock_products", sorted(set(products)))
    back.families |= {ProductId(row["family"]) for row in rows}
    return {row["id"] for row in rows}


async def _images(tx: Transaction, rows: Sequence[Record], back: TakenBack, means: _Means) -> None:
    products = await _families(tx, back, _products(rows))
    wanted = await _reversal([row for row in rows if row["image_id"] not in back.left])
    found = {row["id"]: row for row in await tx.fetch("images_to_revert", list(wanted.targets))}
    fresh = {row["image_id"]: row["revision"] for row in reversed(rows) if row["image_id"] not in back.images}
    changed = {image for image, revision in fresh.items() if image in found and found[image]["revision"] != revision}
    changed |= {*fresh, *wanted.targets}.difference(found)  # some have gone with a product that was just deleted again
    homeless = {image for image in found if wanted.targets[image].members.get("product", None) not in {None, *products}}
    others = changed | homeless
    lost = await _lost(tx, wanted, others, back)
    if left := (others | lost).difference(back.left):
        back.left += sorted(left)
        wanted = await _reversal([row for row in rows if row["image_id"] not in back.left])
    here = {image: found[image] for image in wanted.targets}
    back.withdrawn += await revert(tx, wanted, here, sorted(products), means.edits)
    back.images |= here.keys()


async def _lost(tx: Transaction, wanted: Reversal, others: set[int], back: TakenBack) -> set[int]:
    """Images whose paths serve nothing any more, and never will, but for `others`, which are left anyway. Gone, unless
    they are to be left, too."""
    lost = await images_of_gone_paths(tx, wanted) - others
    if lost and not back.leaves_gone:
        raise Gone("a path was withdrawn for ever")
    return lost


async def _orders(tx: Transaction, rows: Sequence[Record], back: TakenBack, _: _Means) -> None:
    held = await _families(tx, back, (row["product_id"] for row in rows))
    back.left_products += sorted({row["product_id"] for row in rows}.difference(held, back.left_products))
    for row in rows:
        if row["product_id"] not in held:  # it was deleted since
            continue
        moved = await put_back(tx, row["product_id"], members(row["before"]) or {}, members(row["after"]) or {})
        back.left += sorted(set(moved).difference(back.left))
        back.orders += not moved


async def _deletions(tx: Transaction, rows: Sequence[Record], back: TakenBack, means: _Means) -> None:
    """Of products, and what brought them back."""
    for kind, run in groupby(rows, lambda row: row["kind"]):
        wanted = {
            row["product_id"]: None if row["product_id"] in back.products else row["revision"]
            for row in reversed(list(run))  # the newest of each counts
            if row["product_id"] not in back.left_products
        }
        found = {row["id"]: row for row in await tx.fetch("products_to_revert", list(wanted), means.restorable)}
        left = {one for one, revision in wanted.items() if one not in found or _is_other(found[one], kind, revision)}
        back.left_products += sorted(left)
        ids = sorted(wanted.keys() - left)
        await (restore_products(tx, ids, means.restorable) if kind == "product.deleted" else delete_again(tx, ids))
        await _families(tx, back, iter(ids))
        back.products |= set(ids)


def _is_other(row: Record, kind: str, revision: int | None) -> bool:
    """Whether a product has become another one since it had this revision (None: no matter), or cannot be what it
    was."""
    is_as_left = row["is_deleted"] == (kind == "product.deleted")
    is_changed = revision not in (None, row["revision"])
    return not is_as_left or is_changed or (kind == "product.deleted" and hinders(row))


async def _texts(tx: Transaction, rows: Sequence[Record], back: TakenBack, _: _Means) -> None:
    for row in rows:
        before = members(row["before"]) or {}
        picture = before["picture"]
        if picture in back.left_pictures:
            continue
        expected = None if picture in back.pictures else row["revision"]
        families = await put_texts_back(tx, picture, expected, before["texts"])
        if families is None:
            back.left_pictures.append(picture)
        else:
            back.pictures.add(picture)
            back.families |= families


_RUNS: Final[Mapping[str, Callable[..., Any]]] = {
    "image": _images,
    "gallery": _orders,
    "product": _deletions,
    "picture": _texts,
}
"""By the sort of the rows."""
