"""What products are found by as one types. Terms are folded here and not in the database, whose collations fold
differently from server to server (native.md 3, "q")."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from app.db.errors import TransactionConflict
from app.db.pool import Database, Transaction
from app.model import sku_key

_WORD: Final = re.compile(r"[^\W_]+")
_COMPOUND: Final = re.compile(r"[^\W_](?:\S*[^\W_])?")
_LONGEST: Final = 255
"""Characters of a term; what is longer is found by its beginning, in an index of Postgres as well."""
_MOST_WORDS: Final = 100
"""Of a name."""
_SLICE: Final = 1000
"""Products whose terms are folded in one transaction."""
_LOCK_SECONDS: Final = 2.0


class Named(NamedTuple):
    """What a product is called."""

    id: int
    sku: str
    slug: str
    name: str | None


def folded(text: str) -> str:
    """`text` as it is looked for: without case (`Ü` is `ü`, `ß` is `ss`, `İ` is `i`), quotes and blanks as dashes, like
    `sku_key`; without the last of all characters, which is none, so that each term has one behind it."""
    plain = unicodedata.normalize("NFC", text).casefold().replace("i\u0307", "i").replace("\U0010ffff", "")
    return sku_key(unicodedata.normalize("NFC", plain))[:_LONGEST]


def terms_of(product: Named) -> set[str]:
    """What finds a product by its beginning: its SKU, its slug, each word of its name, and each part of a word."""
    name = unicodedata.normalize("NFC", product.name or "")
    words = (*_COMPOUND.findall(name)[:_MOST_WORDS], *_WORD.findall(name)[:_MOST_WORDS])
    return {term for text in (product.sku, product.slug, *words) if (term := folded(text))}


async def fold_here(tx: Transaction) -> None:
    """From now on this transaction writes the terms of the products that it names; else the worker would."""
    await tx.execute("fold_here")


async def write_terms(tx: Transaction, products: Iterable[Named], *, are_new: bool) -> None:
    """The terms of products as they are called now, instead of former ones."""
    named = list(products)
    if not are_new:
        await tx.execute("forget_product_terms", [product.id for product in named])
    pairs = [(product.id, term) for product in named for term in terms_of(product)]
    if pairs:
        await tx.execute("insert_product_terms", *map(list, zip(*pairs, strict=True)))


async def fold_noted(database: Database) -> None:
    """Folds the terms of all products that somebody wrote who did not, a slice at a time. An import that holds the
    products for its whole run is not waited for: they are looked at again later."""
    is_more = True
    while is_more:
        try:
            async with database.transaction(lock_seconds=_LOCK_SECONDS) as tx:
                is_more = await _fold_slice(tx)
        except TransactionConflict:
            return


async def _fold_slice(tx: Transaction) -> bool:
    """Whether there was something to do. While products are looked at nobody else brings any in."""
    await tx.execute("lock_provisioning")
    noted = await tx.fetchrow("products_to_fold")
    if noted is None:
        return False
    rows = await tx.fetch("names_of_products", noted["first"], noted["last"], _SLICE)
    await write_terms(tx, [Named(*row) for row in rows], are_new=False)
    if len(rows) < _SLICE or rows[-1]["id"] == noted["last"]:
        await tx.execute("end_fold", noted["id"])
    else:
        await tx.execute("go_on_folding", noted["id"], rows[-1]["id"])
    return True
