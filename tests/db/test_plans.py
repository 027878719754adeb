"""Statements that ask for one thing find it by an index, on the only plan that they are ever given; those with filters
that may be left out read no more than they have to where these are given."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.db.connections.connect import Connection
from app.db.queries import Statement
from bench.plans import READING_ALL, read_through

_FILL: Final = """
    set session_replication_role = replica;
    set plan_cache_mode = force_generic_plan;
    create temp table n as select n, sha256(n::text::bytea) as hash from generate_series(1, 20000) n;
    insert into product (id, sku, sku_key, slug) select n, n, n, n from n;
    insert into product_website (product_id, website_id) select n, 1 from n;
    insert into product_term (term, product_id) select n, n from n;
    insert into product_former_slug (product_id, slug) select n, 'former-' || n from n;
    insert into blob (hash, size, format, width, height, state) select hash, 1, 'jpeg', 1, 1, 'ready' from n;
    insert into picture (id, blob_hash, key) select n, hash, n from n;
    insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
    select hash, 'a', 'jpeg', 1, 1, 1, 'e' from n;
    insert into rendition_failure (blob_hash, recipe_hash, reason) select hash, 'a', 'none' from n;
    insert into marked_rendition (blob_hash, marks, recipe_hash, format, width, height, size, etag)
    select hash, '0123456789abcdef', 'a', 'jpeg', 1, 1, 1, 'e' from n;
    insert into marked_rendition_failure (blob_hash, marks, recipe_hash, reason)
    select hash, '0123456789abcdef', 'a', 'none' from n;
    insert into edited_picture (blob_hash, key, edit, marks, width, height, state, failure_code)
    select hash, '0123456789abcdef', '{"rotate": 90}', '', 1, 1, 'ready', null from n where n % 9 = 0;
    insert into edited_rendition (blob_hash, key, recipe_hash, format, width, height, size, etag)
    select hash, '0123456789abcdef', 'a', 'jpeg', 1, 1, 1, 'e' from n where n % 9 = 0;
    insert into edited_rendition_failure (blob_hash, key, recipe_hash, reason)
    select hash, '0123456789abcdef', 'a', 'none' from n where n % 9 = 0;
    insert into blob_barred (hash) select hash from n;
    insert into missing_original (hash) select hash from n where n < 10;
    insert into blob_claim (hash) select hash from n;
    insert into image_set (id, product_id, name, locale) select n, n, 'default', 'en_US' from n;
    insert into image_set_link (set_id, picture_id) select n, n from n;
    insert into pgqueuer (priority, entrypoint, status, dedupe_key) select 0, 'render', 'queued', n from n;
    insert into picture_text (picture_id, locale, large) select n, 'en_US', n from n;
    insert into file_path (path, blob_hash, clean_recipe) select '/n/' || n, hash, 'c' from n;
    insert into file_path_series (stem, extension, last) select '/n/' || n, 'jpg', n from n;
    insert into image (id, product_id, picture_id, imported_picture_id, file_path, edit, edit_key)
    select n, n, n, n, '/n/' || n, case when n % 9 = 0 then '{"rotate": 90}'::jsonb end,
        case when n % 9 = 0 then '0123456789abcdef' end
    from n;
    insert into image_declared_type (image_id, picture_id, media_type) select n, n, 'image/png' from n;
    insert into image_store (image_id, store_view_id, label) select n, 1, n from n;
    insert into image_type_assignment (product_id, type_code, image_id) select n, 'image', n from n;
    insert into change (actor_kind, via, kind, product_id, image_id, revision, picture_id, before)
    select 'system', 'worker', 'image.deleted', n, n, 1, n, jsonb_build_object('hash', encode(hash, 'hex'))
    from n;
    insert into file_path (path, blob_hash, clean_recipe, withdrawn_at) select '/w/' || n, hash, 'c', now() from n;
    insert into webhook (url, types, read_to, bulk_read_to) values ('https://shop.example', '{}', 0, 0);
    insert into webhook_delivery (id, webhook_id, type, change_id, part, state, created_at)
    select n, 1, 'image.deleted', n, 0, case when n = 7 then 'failed' else 'done' end, now() from n;
    analyze;
"""
"""Enough rows for a scan to be dearer than an index; no triggers, no foreign keys."""

_MORE: Final = """
    insert into image_type_assignment (product_id, type_code, image_id)
    select n, code, case when n % 100 > 0 then n end
    from generate_series(20001, 100000) n, unnest(array['small_image', 'thumbnail']) code;
    insert into image_set (id, product_id, name, locale)
    select n, n, 'default', 'en_US' from generate_series(20001, 100000) n;
    analyze image_type_assignment, image_set;
"""
"""Of tables that are looked into for a hundred rows at a time as much as makes a scan dearer than that."""

_QUESTIONS: Final[Mapping[str, str]] = {
    "image_sets": "array['7', '8'], array['7', '8'], array[true, true], array['en_US', 'en_US'], true, true, true",
    "gallery_in_scope": "'7', 7, 'default', false, '7', '7'",
    "native_images": f"array[7, 8], {', '.join(['null'] * 10)}, interval '30 days', array['a'], true",
    "native_products": f"array['7', '8'], {', '.join(['null'] * 11)}",
    "products_by_sku": "array['7'], array['7']",
    "spree_product": "'7', null",
    "spree_images_of_product": "'7', null",
    "image_with_path": "7, '/n/7'",
    "image_with_key": "7, '7'",
    "image_with_file": "7, sha256('7'), null",
    "image_with_urls": "7, '//img.example/7.jpg', null",
    "image_to_update": "7",
    "images_behind": "7",
    "images_to_transfer": "array[7]",
    "pass_taken_paths": "'/n/7', 'jpg', 0",
    "unused_blobs": "interval '7 days', array[sha256('7')]",
    "hashes_behind": "sha256('7')",
    "delete_served_claims": "interval '7 days', array[sha256('7')]",
    "claim_blob": "sha256('7'), interval '15 s'",
    "may_be_removed": "sha256('7'), interval '1 hour'",
    "delete_claims": "sha256('7'), interval '1 hour'",
    "claim_removal": "sha256('7')",
    "delete_renditions_of_blob": "sha256('7')",
    "externalise_pictures": "sha256('7')",
    "delete_dead_store_settings": "sha256('7')",
    "delete_dead_images": "sha256('7')",
    "release_imported_pictures": "sha256('7')",
    "delete_texts_of_blob": "sha256('7')",
    "delete_pictures_of_blob": "sha256('7')",
    "delete_blob": "sha256('7')",
    "images_of_blob": "sha256('7')",
    "release_types_of_blob": "sha256('7')",
    "delete_images_of_blob": "sha256('7')",
    "delete_links_of_blob": "sha256('7')",
    "withdraw_paths_of_blob": "sha256('7')",
    "blobs_after": "sha256('7')",
    "blob_hashes_behind": "sha256('7')",
    "rendition_page": "sha256('7'), '', '', ''",
    "former_renditions": "interval '7 days', array['a'], sha256('7'), '', '', '', sha256('7'), 'z', 'z', ''",
    "unrecorded_renditions": "array[sha256('7')], array['a'], array['jpeg'], array['']",
    "delete_rendition": "sha256('7'), 'a', 'jpeg', ''",
    "delete_rendition_failures_of_blob": "sha256('7')",
    "keys_of_removal": "sha256('7')",
    "rendition": "sha256('7'), 'a', null",
    "keyed_rendition": "sha256('7'), 'a', null, '0123456789abcdef'",
    "images_to_edit": "array[7], array[]::bigint[]",
    "products_of_images": "array[7]",
    "edited_images_behind": "7",
    "astray_edited_images": "7",
    "edited_images_of_pictures": "array[7]",
    "edited_images_of_blob": "sha256('7')",
    "edited_picture": "sha256('7'), '0123456789abcdef'",
    "is_of_marks": "sha256('7'), '0123456789abcdef'",
    "renditions_of_edit": "sha256('7'), '0123456789abcdef'",
    "decide_state_of_edit": "sha256('7'), '0123456789abcdef', 'ready', null, null",
    "undecided_edits": "sha256('7'), ''",
    "edited_pictures_behind": "sha256('7'), ''",
    "missing_edited_renditions": "array[sha256('7')], array['0123456789abcdef'], array['a'], array['avif']",
    "delete_edited_pictures_of_blob": "sha256('7')",
    "renditions_of_blob": "sha256('7')",
    "missing_further_formats": "sha256('7'), array['a'], array['avif'], ''",
    "move_paths_to_cleaning": "sha256('7'), 'a'",
    "decide_state": "sha256('7'), 'ready', null, null",
    "undecided_of": "array[sha256('7')], array['']",
    "undecided_pictures": "sha256('7')",
    "original_by_path": "'/n/7'",
    "suffix_of_path": "'/n/7_1', 1, '/n/7'",
    "promised_recipes": "7",
    "serving_recipes": "'/n/7'",
    "failed_recipes": "sha256('7'), ''",
    "release_pictures_of_changes": "interval '30 days'",
    "release_withdrawn_paths": "interval '30 days'",
    "images_that_showed": "7, 'a'",
    "images_ever_of_blob": "sha256('7')",
    "scrub_changes": "array[7]",
    "originals_to_look_at": "sha256('7')",
    "batch_has_news": "'b', 'key', '7'",
    "finish_batch": "'key', '7', null, 'v1', null, 'b', true",
    "batch_is_of": "'b', 'key', '7'",
    "actor_of_batch": "'b', null",
    "batch_to_undo": "'b', interval '30 days', 10001, 'key', '7'",
    "history": "7, 50, 'b', array['image.created'], null, 'x', null, null, false",
    "history_of_image": "7, null, null, 50",
    "history_of_product": "7, null, 50",
    "change_of_log": "7",
    "product_of_history": "'7'",
    "image_is_known": "7",
    "product_ids_behind": "7",
    "product_id_of_sku": "'7'",
    "listed_products": "array[7]",
    "listed_images": "array[7]",
}

_FILTERED: Final[Mapping[str, tuple[str, ...]]] = {
    "actor_of_batch": ("'b', 'x'",),
    "event_rows": (
        "0, 20000, 5000, array['image.deleted'], false, array['7'], null, 200",
        "0, 20000, 5000, array['image.deleted'], false, null, '7', 200",
    ),
    "gallery_in_scope": ("'7', 7, 'default', false, '7', '7'",),
    "gallery_places_in_store": ("7, 1",),
    "history": (
        "null, 50, 'b', null, null, null, null, null, false",
        "null, 50, null, array['key.created'], null, null, null, null, true",
        "null, 50, null, null, array['key.%'], null, null, null, true",
        "null, 50, null, null, null, 'nobody', null, null, false",
        "null, 50, null, null, null, null, 'v1', null, false",
        "null, 50, null, null, null, null, null, now() + interval '1 day', false",
    ),
    "image_with_file": ("7, sha256('7'), 'a.jpg'",),
    "images_to_check": ("'7', 0, 100, null", "'7', 0, 100, 7"),
    "native_images": tuple(
        f"null, null, null, 50, 0, {filters}, interval '30 days', array['a'], true"
        for filters in (
            "array['7'], null, null, null, null, null",
            "null, 7, null, null, null, null",
            "null, null, 'failed', null, null, null",
            "null, null, null, sha256('7'), null, null",
            "null, null, null, null, 'default', null",
            "null, null, null, null, null, true",
        )
    ),
    "native_products": tuple(
        f"null, 50, '', 0, {filters}"
        for filters in (
            "array['7'], null, null, null, null, null, null, null",
            "null, '7', '8', null, null, null, null, null",
            "null, null, null, '7', null, null, null, null",
            "null, null, null, null, 'image', null, null, null",
            "null, null, null, null, null, 'failed', null, null",
            "null, null, null, null, null, null, false, null",
            "null, null, null, null, null, null, null, 'none'",
        )
    ),
    "page_deliveries": ("1, 'failed', null, 50", "1, 'failed', 20001, 50", "1, null, 20001, 50"),
    "products_with_texts": ("0, array['7']", "0, null"),
    "set_of_product": ("7, 'default', 'en_US', 'a'",),
    "webhook_rows": ("0, 20000, 5000, array['image.deleted'], false, '7', false, 200, array['image.deleted']",),
    "webhook_standing": ("1, now()",),
}
"""Statements with filters that may be left out, and what they are asked where one of them is given."""

_SLICES: Final[Mapping[str, tuple[str, ...]]] = {
    "forget_changes": ("interval '-1 day'", "interval '1 day'"),
    "release_pictures_of_changes": ("interval '-1 day'", "interval '1 day'"),
}
"""Statements that take the next rows of many, where all are old enough and where none is."""

_READING_ALL: Final[Mapping[str, str]] = {
    "delivery_refused": "compares with a time that one row has",
    "failed_jobs_to_retry": "a command's; jobs that failed for good are few",
    "insert_blob": "writes a value",
    "insert_transferred_image": "writes a value",
    "oauth_consumers": "a page by id; consumers are few",
    "oauth_tokens": "a page by id; tokens are few",
    "page_jobs": "a page by id; the queue holds what waits, and nothing that is done",
    "record_image_changes": "the number of products comes with the images",
    "revoke_console_sessions": "people who are signed in are few",
}
"""Statements in which null is no filter that is left out, or one of a small table, with the reason."""

_OPTIONAL: Final = re.compile(r"\$\d+(?:::[\w\[\]]+)? is (?:not )?null\b")
_MOST: Final = 6_000
"""Rows of a table, of 20,000: the longest page that a statement looks at has 5,000."""

_SMALL: Final = ("store_view", "missing_original", "change_tidying", "change_from_5", "change_from_1", "change_rest")
"""What tables are called of which a scan costs nothing, and partitions of which nothing is in."""
_FEW: Final = {"image_type", "website"}
"""The same, whose names others begin with."""


async def test_one_thing_is_found_by_an_index(connection: Connection, queries: Mapping[str, Statement]) -> None:
    """However large the catalogue is, none of its tables is read from one end to the other."""
    await connection.execute(_FILL)

    assert {name: tables for name in _QUESTIONS if (tables := await _scanned_by(connection, queries, name))} == {}


def test_statements_with_filters_that_may_be_left_out_are_known(queries: Mapping[str, Statement]) -> None:
    """Each is asked with its filters, or has none that matters."""
    assert {name for name, one in queries.items() if _OPTIONAL.search(one.sql)} == {*_FILTERED, *_READING_ALL}


async def test_no_more_is_read_than_a_filter_or_a_slice_names(
    connection: Connection, queries: Mapping[str, Statement]
) -> None:
    """Not by a walk along an index, either, which throws away what the filter does not let through; and no row of a
    slice is compared with each other one."""
    await connection.execute(_FILL)

    found = {
        f"{name} ({question})": read
        for name, questions in {**_FILTERED, **_SLICES}.items()
        for question in questions
        if (read := await _read_by(connection, queries[name], question))
    }
    assert found == {}


async def test_a_page_of_the_log_looks_up_its_own_products_alone(
    connection: Connection, queries: Mapping[str, Statement]
) -> None:
    """Of the 5,000 rows that may be looked at only as many are read as the page has."""
    await connection.execute(_FILL)

    for name, further in (("event_rows", "null, 50"), ("webhook_rows", "false, 50, array['image.deleted']")):
        question = f"0, 20000, 5000, array['image.deleted'], false, null, {further}"
        assert "product" not in await _read_by(connection, queries[name], question, most=100)


async def _read_by(connection: Connection, statement: Statement, question: str, most: int = _MOST) -> dict[str, int]:
    """The tables of which it reads more than `most` rows in one go, with how many."""
    await connection.execute("begin")
    await connection.execute(f"prepare asked as {statement.sql}")
    [plan] = json.loads(await connection.fetchval(f"explain (analyze, format json) execute asked ({question})"))
    await connection.execute("deallocate asked; rollback")
    read = dict[str, int]()
    for table, rows in _rows(plan["Plan"]):
        read[table] = max(rows, read.get(table, 0))
    return {table: rows for table, rows in read.items() if rows > most}


def _rows(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """What is read of each table, and of what the statement itself has put aside, what is thrown away included."""
    each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if name := node.get("Relation Name", node.get("CTE Name")):
        yield name, round(each * node["Actual Loops"])
    for inner in node.get("Plans", []):
        yield from _rows(inner)


async def test_no_statement_reads_a_large_table_through(connection: Connection) -> None:
    """But for those that count all there is, and are listed with the reason."""
    await connection.execute(_FILL + _MORE)

    assert {
        name: read for name, read in (await read_through(connection, 5_000)).items() if name not in READING_ALL
    } == {}


async def _scanned_by(connection: Connection, queries: Mapping[str, Statement], name: str) -> set[str]:
    await connection.execute(f"prepare {name} as {queries[name].sql}")
    [plan] = json.loads(await connection.fetchval(f"explain (format json) execute {name} ({_QUESTIONS[name]})"))
    return {table for table in _scanned(plan["Plan"]) if not table.startswith(_SMALL)} - _FEW


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for inner in node.get("Plans", []):
        yield from _scanned(inner)
