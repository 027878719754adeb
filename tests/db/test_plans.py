"""Statements that ask for one thing find it by an index, on the only plan that they are ever given."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.db.connections.connect import Connection
from app.db.queries import Statement

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
    insert into change (actor_kind, via, kind, image_id, revision, picture_id, before)
    select 'system', 'worker', 'image.deleted', n, 1, n, jsonb_build_object('hash', encode(hash, 'hex'))
    from n;
    insert into file_path (path, blob_hash, clean_recipe, withdrawn_at) select '/w/' || n, hash, 'c', now() from n;
    analyze;
"""
"""Enough rows for a scan to be dearer than an index; no triggers, no foreign keys."""

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
}

_SMALL: Final = ("store_view", "missing_original", "change_tidying", "change_from_5", "change_from_1", "change_rest")
"""What tables are called of which a scan costs nothing, and partitions of which nothing is in."""
_FEW: Final = {"image_type", "website"}
"""The same, whose names others begin with."""


async def test_one_thing_is_found_by_an_index(connection: Connection, queries: Mapping[str, Statement]) -> None:
    """However large the catalogue is, none of its tables is read from one end to the other."""
    await connection.execute(_FILL)

    assert {name: tables for name in _QUESTIONS if (tables := await _scanned_by(connection, queries, name))} == {}


async def _scanned_by(connection: Connection, queries: Mapping[str, Statement], name: str) -> set[str]:
    await connection.execute(f"prepare {name} as {queries[name].sql}")
    [plan] = json.loads(await connection.fetchval(f"explain (format json) execute {name} ({_QUESTIONS[name]})"))
    return {table for table in _scanned(plan["Plan"]) if not table.startswith(_SMALL)} - _FEW


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for inner in node.get("Plans", []):
        yield from _scanned(inner)
