"""Image sets beyond the gallery, managed by hand by teams that do not import them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import InvalidCommand, ProductNotFound, SetNotFound
from app.service.catalogue.words import check_words
from app.service.changes.record import recorded_sets

_WORD: Final = re.compile(r"(p?)([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SetName:
    """Which set of a product is meant: by `key` if there is one, else by name and locale (None: for all)."""

    sku: str
    name: str
    locale: str | None = None
    key: str | None = None


class SetKeeper:
    """Sets written by clients of the native API: as by the commands, and seen at once by whoever asks this process.
    `changed` is told the families that a commit changed."""

    def __init__(self, database: Database, changed: Callable[[Iterable[int | None]], None]) -> None:
        self._db = database
        self._changed = changed

    async def sets(self, sku: str) -> list[Record]:
        """Those of a product but its gallery: name, locale, key, revision, and as JSON the pictures in order with
        live images that show each. ProductNotFound."""
        rows = await self._db.fetch("native_sets", sku)
        if not rows and not await self._db.fetchval("product_exists", sku):
            raise ProductNotFound(f"There is no product {sku}.")
        return rows

    async def unknown(self, words: Sequence[str]) -> set[str]:
        """Of words as `put_set` takes them those that mean nothing that is there."""
        return set(words) - set(await _known(self._db, words))

    async def put(self, which: SetName, words: Sequence[str]) -> bool:
        """As `put_set`; whether the set is new."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            is_new = await self._found(tx, which) is None
            await put_set(tx, which, words)
            family = await tx.fetchval("family_of_sku", which.sku)
        self._changed([family])
        return is_new

    async def remove(self, which: SetName) -> None:
        """As `remove_set`."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            await remove_set(tx, which)
            family = await tx.fetchval("family_of_sku", which.sku)
        self._changed([family])

    async def _found(self, tx: Transaction, which: SetName) -> int | None:
        product = await _product(tx, which.sku)
        found: int | None = await tx.fetchval("set_of_product", product, which.name, which.locale, which.key)
        return found


async def put_set(tx: Transaction, which: SetName, words: Sequence[str]) -> list[int]:
    """Makes the set consist of these pictures in this order and gives their ids. A word is the id of a gallery
    entry, or `p` and the id of a picture. Raises InvalidCommand, ProductNotFound."""
    _check(which)
    product = await _product(tx, which.sku)
    pictures = await _pictures(tx, words)
    found = await tx.fetchval("set_of_product", product, which.name, which.locale, which.key)
    async with recorded_sets(tx, [product]):
        if found is None:
            found = await tx.fetchval("insert_set", product, which.name, which.locale, which.key)
        else:
            await tx.execute("rename_set", found, which.name, which.locale)
        await tx.execute("drop_other_links", found, pictures)
        await tx.execute("put_links", found, pictures)
    return pictures


async def remove_set(tx: Transaction, which: SetName) -> None:
    """Removes the set; its pictures stay. Raises SetNotFound, ProductNotFound."""
    product = await _product(tx, which.sku)
    found = await tx.fetchval("set_of_product", product, which.name, which.locale, which.key)
    if found is None:
        raise SetNotFound(f"{which.sku} has no such set.")
    async with recorded_sets(tx, [product]):
        await tx.execute("drop_set", found)


async def list_sets(database: Database, sku: str) -> list[Record]:
    """The sets of a product: name, locale, key, pictures (ids in order). Raises ProductNotFound."""
    rows = await database.fetch("sets_of_product", sku)
    if not rows and not await database.fetchval("product_exists", sku):
        raise ProductNotFound(f"There is no product {sku}.")
    return rows


def _check(which: SetName) -> None:
    if not which.name:
        raise InvalidCommand("A set needs a name.")
    check_words(name_of_a_set=which.name, locale=which.locale, key=which.key)
    if which.name == "default" and which.locale is None and which.key is None:
        raise InvalidCommand("The set default without locale is the gallery, which Spree and OpenMage edit.", "name")
    if which.locale == "" or which.key == "":
        raise InvalidCommand("A locale or key that is given must not be empty.")


async def _product(tx: Transaction, sku: str) -> int:
    product: int | None = await tx.fetchval("product_of_sets", sku)
    if product is None:
        raise ProductNotFound(f"There is no product {sku}.")
    return product


async def _pictures(tx: Transaction, words: Sequence[str]) -> list[int]:
    known = await _known(tx, words)
    matches = [_WORD.fullmatch(word) for word in words]
    plain = [f"{m[1]}{int(m[2])}" if m else word for m, word in zip(matches, words, strict=True)]
    if missing := [word for word in plain if word not in known]:
        raise InvalidCommand(f"There is no image or picture {', '.join(missing)}.", "members", "not_found")
    ids = [known[word] for word in plain]
    if len(set(ids)) < len(ids):
        raise InvalidCommand("A set shows a picture only once.", "members")
    return ids


async def _known(source: Database | Transaction, words: Sequence[str]) -> dict[str, int]:
    """The pictures meant, by the words that mean them, as far as there are any."""
    matches = [_WORD.fullmatch(word) for word in words]
    pictures, images = ([int(m[2]) for m in matches if m and m[1] == prefix] for prefix in ("p", ""))
    return {row["word"]: row["id"] for row in await source.fetch("pictures_to_show", pictures, images)}
