"""By what products are found, and who sees to it."""

import asyncio

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue import terms
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import delete_product, put_batch
from app.service.catalogue.terms import Named, fold_noted, folded, terms_of

_BY_HAND = "insert into product (id, sku, sku_key, slug, name) select n, 'h' || n, 'h' || n, 'h' || n, 'Hat' from "


async def _terms(connection: Connection) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for row in await connection.fetch("select product_id, term from product_term"):
        found.setdefault(row["product_id"], set()).add(row["term"])
    return found


@pytest.mark.parametrize(
    ("text", "as_looked_for"),
    [
        ("ÜBER", "über"),
        ("u\u0308ber", "über"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("İstanbul", "istanbul"),
        ("ISTANBUL", "istanbul"),
        ("ΣΟΦΟΣ", "σοφοσ"),
        ("Sofa 12'5\"", "sofa-12-5-"),
        ("  x ", "x"),
        ("", ""),
    ],
)
def test_case_does_not_count_in_any_language(text: str, as_looked_for: str) -> None:
    """Two spellings that differ in case, in how a letter is put together, or in quotes and blanks are one term."""
    assert folded(text) == as_looked_for


def test_a_product_is_found_by_its_names_and_the_words_of_its_name() -> None:
    """SKU, slug, each word and each part of a word; punctuation finds nothing."""
    product = Named(1, "A 1", "t-shirt-rot", "T-Shirt (Rot), groß & B2B_x!")
    assert terms_of(product) == {"a-1", "t-shirt-rot", "t-shirt", "t", "shirt", "rot", "gross", "b2b_x", "b2b", "x"}


def test_a_name_of_any_length_has_few_terms() -> None:
    """A name that a former version took, however long, makes neither many terms nor any that an index refuses."""
    found = terms_of(Named(1, "s" * 5000, "s", " ".join(f"{n}x" for n in range(5000)) + "ﬃ" * 3000))
    assert len(found) <= 202
    assert max(map(len, found)) <= 255


async def test_who_brings_products_in_writes_their_terms(database: Database, connection: Connection) -> None:
    """Terms stand in the same transaction as the product, follow its name and its slug, and outlive its deletion."""
    await put_batch(database, [ProductOptions("A", name="Red hat"), ProductOptions("B", name="Cap")])
    await put_batch(database, [ProductOptions("A", name="Blue hat"), ProductOptions("B", slug="bonnet")])
    await put_batch(database, [ProductOptions("A", enabled=False)])
    ids = {row["sku"]: row["id"] for row in await connection.fetch("select sku, id from product")}
    assert await _terms(connection) == {ids["A"]: {"a", "red-hat", "blue", "hat"}, ids["B"]: {"b", "bonnet", "cap"}}
    assert await connection.fetchval("select count(*) from product_to_fold") == 0

    await delete_product(database, "A")
    assert ids["A"] in await _terms(connection)


@pytest.fixture(name="noted")
async def _noted(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """Seven products that somebody wrote who folds nothing, to be worked off two at a time."""
    monkeypatch.setattr(terms, "_SLICE", 2)
    await connection.execute(f"{_BY_HAND} unnest(array[1, 2, 3, 4, 7, 8, 20]) n")
    return connection


async def test_products_of_others_are_folded_by_the_worker(noted: Connection, database: Database) -> None:
    """What a version before, or a person, has written is noted in ranges and folded slice by slice, once."""
    ranges = await noted.fetch("select first, last from product_to_fold order by first")
    assert [tuple(row) for row in ranges] == [(1, 4), (7, 8), (20, 20)]

    await fold_noted(database)

    assert await _terms(noted) == {n: {f"h{n}", "hat"} for n in (1, 2, 3, 4, 7, 8, 20)}
    assert await noted.fetchval("select count(*) from product_to_fold") == 0


async def test_a_name_changed_by_hand_is_folded_again(noted: Connection, database: Database) -> None:
    """Only what is called otherwise is noted, and former terms go."""
    await fold_noted(database)
    await noted.execute("update product set name = case when id = 3 then 'Cap' else name end, enabled = false")
    assert [tuple(row) for row in await noted.fetch("select first, last from product_to_fold")] == [(3, 3)]

    await fold_noted(database)

    assert (await _terms(noted))[3] == {"h3", "cap"}


async def test_an_import_is_not_waited_for(
    noted: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an import holds the products folding gives up and loses nothing."""
    monkeypatch.setattr(terms, "_LOCK_SECONDS", 0.05)
    async with noted.transaction():
        await noted.execute("select pg_advisory_xact_lock(hashtextextended('provisioning', 0))")
        async with asyncio.timeout(30):
            await fold_noted(database)
    assert await _terms(noted) == {}

    await fold_noted(database)

    assert len(await _terms(noted)) == 7
