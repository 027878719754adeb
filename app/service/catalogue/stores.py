"""Store views. Adding one a second time updates the options that were given and leaves the rest.

Raises `InvalidCommand` for what cannot be, `Conflict` for what contradicts the catalogue.
"""

from dataclasses import dataclass
from typing import NamedTuple

from app.db.pool import Database, Record, Transaction
from app.errors import Conflict, InvalidCommand
from app.service.catalogue.products import website_ids
from app.service.catalogue.words import check_code, check_new_code, check_number, check_words, given_or_stored
from app.service.changes.record import recorded_catalogue


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """What is said of a store view; None = not said. Found by id or, without one, by code; a new one needs a code."""

    code: str | None
    id: int | None = None
    locale: str | None = None
    website: str | None = None
    active: bool | None = None
    is_default: bool | None = None


class PutStore(NamedTuple):
    """What became of a store view: its columns, and whether it was not there before."""

    row: Record
    is_new: bool


async def put_store(tx: Transaction, options: StoreOptions) -> PutStore:
    """Adds a store view, or updates it."""
    _check(options)
    await tx.execute("lock_provisioning")
    found = await _store(tx, options)
    code = given_or_stored(options.code, found and found["code"], None)
    if code is None:
        raise InvalidCommand("A new store view needs a code.", "code", "required")
    if found is None or found["code"] != code:
        check_new_code(code, "store view's code")
    view = found["id"] if found else options.id or await tx.fetchval("next_store_view_id")
    check_number(view, "store view's id")
    is_default = given_or_stored(options.is_default, found and found["is_default"], False)
    website = given_or_stored(options.website, found and found["website"], "base")
    values = (
        given_or_stored(options.locale, found and found["locale"], None),
        (await website_ids(tx, {website}))[website],
        given_or_stored(options.active, found and found["active"], True),
        is_default,
    )
    async with recorded_catalogue(tx):
        if is_default:
            await tx.execute("clear_default_store_view", view)
        await tx.execute("put_store_view", view, code, *values)
    [row] = await tx.fetch("stores_to_provision", view, None)
    return PutStore(row, found is None)


async def list_stores(database: Database, after: int = 0, most: int | None = None) -> list[Record]:
    """The store views with ids beyond `after`, `most` of them: id, code, locale, website, active, is_default."""
    return await database.fetch("list_store_views", after, most)


def _check(options: StoreOptions) -> None:
    if options.code is not None:
        check_code(options.code, "store view's code")
    check_number(options.id, "store view's id")
    check_words(locale=options.locale, website=options.website)
    if options.website == "" or options.locale == "":
        raise InvalidCommand("A website or locale that is given must not be empty.")


async def _store(tx: Transaction, options: StoreOptions) -> Record | None:
    rows = await tx.fetch("stores_to_provision", options.id, options.code)
    by_code = next((row for row in rows if row["code"] == options.code), None)
    if options.id is None:
        return by_code
    if by_code is not None and by_code["id"] != options.id:
        raise Conflict(f"The store view {options.code} has the id {by_code['id']}.")
    return rows[0] if rows else None
