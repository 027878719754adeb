"""Products brought in from outside, one or a thousand in a transaction: what is new is inserted, what is known is
updated in the options that were given, and a line that cannot be carried out costs no other line."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Final, TypeAlias

from app.db.errors import ConstraintViolated
from app.db.pool import Database, Transaction
from app.errors import Conflict, InvalidCommand, PreconditionFailed, ProductNotFound
from app.model import ProductId, sku_key
from app.service.catalogue.plan import Draft, Outcome, Plan, ProductOptions, check_options
from app.service.catalogue.slugs import slug_candidates
from app.service.catalogue.terms import Named, fold_here, write_terms
from app.service.changes.acting import in_batch
from app.service.changes.products import Back, restore_products
from app.service.changes.record import Row, record_rows, recorded_products

Result = tuple[Draft, Outcome] | InvalidCommand
_NEVER_COUNTED: Final = 2**52
"""Ids from here on may be chosen, and counting does not go on behind them: many readers of JSON know no number beyond
2^53."""

Recording: TypeAlias = Callable[[Transaction, Sequence[int]], AbstractAsyncContextManager[None]]
"""Goes around the writing of products, and sees to their rows in the log."""


async def put_products(
    tx: Transaction, batch: Sequence[ProductOptions], recording: Recording = recorded_products
) -> list[Result]:
    """Carries out a batch in order and says of each line what became of it: the draft, with its id, or why not.

    A later line may name the product of an earlier one, as its parent too.
    """
    await tx.execute("lock_provisioning")
    problems = [_problem(options) for options in batch]
    plan = await _load(tx, [options for options, problem in zip(batch, problems, strict=True) if not problem])
    results = [problem or _applied(plan, options) for options, problem in zip(batch, problems, strict=True)]
    touched = {result[0].sku: result[0] for result in results if not isinstance(result, InvalidCommand)}
    if drafts := [draft for draft in touched.values() if draft.outcome != "unchanged"]:
        await _number(tx, [draft for draft in drafts if draft.is_new])
        async with recording(tx, [draft.id for draft in drafts]):
            await _write(tx, drafts)
    return results


async def put_batch(
    database: Database,
    batch: Sequence[ProductOptions],
    revisions: frozenset[int] | None = None,
    *,
    only_new: bool = False,
) -> list[Result]:
    """Carries out a batch in one transaction, or, where the catalogue refuses it as a whole, line by line. `revisions`:
    those at which the only product of a batch may be; `only_new`: it must not be there. PreconditionFailed."""
    try:
        async with database.transaction() as tx:
            await _check_revision(tx, batch, revisions, only_new=only_new)
            return await put_products(tx, batch)
    except ConstraintViolated as error:
        if len(batch) == 1:
            return [InvalidCommand(f"The catalogue refuses this: {error.reason}")]
    return [result for options in batch for result in await put_batch(database, [options])]


async def put_product(tx: Transaction, options: ProductOptions) -> tuple[Draft, Outcome]:
    """Adds one product or updates it; InvalidCommand where that cannot be done."""
    [result] = await put_products(tx, [options])
    if isinstance(result, InvalidCommand):
        raise result
    return result


async def rename_product(tx: Transaction, sku: str, slug: str) -> tuple[Draft, Outcome]:
    """Gives a product another slug; the former one goes on leading to it. ProductNotFound, InvalidCommand."""
    if not await tx.fetch("products_to_provision", [sku], []):
        raise ProductNotFound(f"There is no product {sku}.")
    return await put_product(tx, ProductOptions(sku, slug=slug))


async def delete_product(
    database: Database, sku: str, revisions: frozenset[int] | None = None
) -> list[tuple[ProductId, str]]:
    """Ids and SKUs of what was deleted, the product and its children; nothing if it was deleted before. `revisions`:
    those at which it may be, any by default. ProductNotFound, PreconditionFailed."""
    async with database.transaction() as tx:
        await tx.execute("lock_provisioning")
        await _check_revision(tx, [ProductOptions(sku)], revisions)
        ids = [row["id"] for row in await tx.fetch("product_with_children", sku)]
        await tx.fetch("lock_products", ids)
        with in_batch():
            async with recorded_products(tx, ids):
                rows = await tx.fetch("delete_products", ids)
    if not rows and not await database.fetchval("product_was_deleted", sku):
        raise ProductNotFound(f"There is no product {sku}.")
    return [(ProductId(row["id"]), row["sku"]) for row in rows]


async def restore_product(database: Database, sku: str, restorable: timedelta) -> list[Back]:
    """What came back: of those with this SKU the product that was deleted last, and the children that were deleted with
    it. ProductNotFound, Conflict, Gone."""
    async with database.transaction() as tx:
        await tx.execute("lock_provisioning")
        ids = [row["id"] for row in await tx.fetch("product_to_restore", sku)]
        if not ids and await tx.fetchrow("product_revision", sku) is not None:
            raise Conflict(f"Product {sku} is not deleted.")
        if not ids:
            raise ProductNotFound(f"There is no product {sku}.")
        with in_batch():
            return await restore_products(tx, ids, restorable)


async def _check_revision(
    tx: Transaction, batch: Sequence[ProductOptions], revisions: frozenset[int] | None, *, only_new: bool = False
) -> None:
    """PreconditionFailed where a product is at none of these revisions, or is not there; None: it is no matter. The
    same where it is there, if it is to be new."""
    if revisions is None and not only_new:
        return
    await tx.execute("lock_provisioning")  # before any row is, as all do who need both
    [options] = batch
    row = await tx.fetchrow("product_revision", options.sku)
    is_wanted = (row is None) if only_new else (row is not None)
    if not is_wanted or (revisions is not None and (row is None or row["revision"] not in revisions)):
        raise PreconditionFailed(f"product {options.sku} is at revision {row and row['revision']}")


def _problem(options: ProductOptions) -> InvalidCommand | None:
    try:
        check_options(options)
    except InvalidCommand as error:
        return error
    return None


def _applied(plan: Plan, options: ProductOptions) -> Result:
    try:
        return plan.apply(options)
    except InvalidCommand as error:
        return error


async def _load(tx: Transaction, batch: Sequence[ProductOptions]) -> Plan:
    skus = {sku for options in batch for sku in (options.sku, options.parent) if sku}
    ids = [options.id for options in batch if options.id is not None]
    products = await tx.fetch("products_to_provision", list(skus), ids)
    known = {row["sku"] for row in products if not row["deleted"]}
    wanted = [slug for options in batch for slug in _wanted_slugs(options, known)]
    slugs = await tx.fetch("slugs_in_use", wanted)
    return Plan(products, slugs, await tx.fetchval("default_website") or "base")


def _wanted_slugs(options: ProductOptions, known: set[str]) -> list[str]:
    if options.slug is not None:
        return [options.slug]
    return [] if options.sku in known else list(slug_candidates(options.sku, options.name))


async def _write(tx: Transaction, drafts: Sequence[Draft]) -> None:
    new = [draft for draft in drafts if draft.is_new]
    known = [draft for draft in drafts if not draft.is_new]
    renamed = [draft for draft in known if draft.is_renamed]
    if new or renamed:
        await fold_here(tx)
    if new:
        await tx.execute("insert_products", *_columns(new, with_sku=True))
        await write_terms(tx, map(_named, new), are_new=True)
    if changed := [draft for draft in known if draft.values_changed]:
        await tx.execute("update_products", *_columns(changed, with_sku=False))
    if former := [(draft.id, slug) for draft in known for slug in dict.fromkeys(draft.former_slugs)]:
        await tx.execute("keep_former_slugs", *map(list, zip(*former, strict=True)))
    if renamed:
        await write_terms(tx, map(_named, renamed), are_new=False)
    if moved := [draft for draft in drafts if draft.websites_changed]:
        await _write_websites(tx, moved)


def _named(draft: Draft) -> Named:
    return Named(draft.id, draft.sku, draft.slug, draft.name)


async def _number(tx: Transaction, drafts: Sequence[Draft]) -> None:
    if chosen := [draft.id for draft in drafts if 0 < draft.id < _NEVER_COUNTED]:
        await tx.fetch("move_product_ids_beyond", max(chosen))
    unnumbered = [draft for draft in drafts if not draft.id]
    if unnumbered:
        rows = await tx.fetch("next_product_ids", len(unnumbered))
        for draft, row in zip(unnumbered, rows, strict=True):
            draft.id = row["id"]


def _columns(drafts: Sequence[Draft], *, with_sku: bool) -> list[list[Any]]:
    """The arrays that `insert_products` and `update_products` take."""
    skus = [[draft.sku for draft in drafts], [sku_key(draft.sku) for draft in drafts]] if with_sku else []
    return [
        [draft.id for draft in drafts],
        *skus,
        [draft.slug for draft in drafts],
        [draft.name for draft in drafts],
        [draft.parent.id if draft.parent else draft.parent_id for draft in drafts],
        [draft.enabled for draft in drafts],
        [draft.visible for draft in drafts],
        [draft.supports_images for draft in drafts],
    ]


async def _write_websites(tx: Transaction, drafts: Sequence[Draft]) -> None:
    ids = await website_ids(tx, {code for draft in drafts for code in draft.websites})
    known = [draft.id for draft in drafts if not draft.is_new]
    if known:
        await tx.execute("forget_product_websites", known)
    if pairs := [(draft.id, ids[code]) for draft in drafts for code in sorted(draft.websites)]:
        await tx.execute("insert_product_websites", *map(list, zip(*pairs, strict=True)))


async def website_ids(tx: Transaction, codes: set[str]) -> dict[str, int]:
    """The ids of websites by code; those that are unknown are created."""
    ids: dict[str, int] = {row["code"]: row["id"] for row in await tx.fetch("websites_by_code", sorted(codes))}
    if missing := sorted(codes - ids.keys()):
        ids |= {row["code"]: row["id"] for row in await tx.fetch("insert_websites", missing)}
        await record_rows(tx, [Row("catalogue.changed", after={"websites": missing})])
    return ids
