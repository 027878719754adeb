"""Statements that ask for one thing find it by an index, on the only plan that they are ever given."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from app.db.connect import Connection
from app.db.queries import Query

_FILL: Final = """
    set session_replication_role = replica;
    set plan_cache_mode = force_generic_plan;
    create temp table n as select n, sha256(n::text::bytea) as hash from generate_series(1, 20000) n;
    insert into product (id, sku, sku_key, slug) select n, n, n, n from n;
    insert into product_website (product_id, website_id) select n, 1 from n;
    insert into product_former_slug (product_id, slug) select n, 'former-' || n from n;
    insert into blob (hash, size, format, width, height) select hash, 1, 'jpeg', 1, 1 from n;
    insert into picture (id, blob_hash, key) select n, hash, n from n;
    insert into blob_claim (hash) select hash from n;
    insert into image_set (id, product_id, name, locale) select n, n, 'default', 'en_US' from n;
    insert into image_set_link (set_id, picture_id) select n, n from n;
    insert into pgqueuer (priority, entrypoint, status, dedupe_key) select 0, 'render', 'queued', n from n;
    insert into picture_text (picture_id, locale, large) select n, 'en_US', n from n;
    insert into file_path (path, blob_hash, clean_recipe) select '/n/' || n, hash, 'c' from n;
    insert into file_path_series (stem, extension, last) select '/n/' || n, 'jpg', n from n;
    insert into image (id, product_id, picture_id, file_path) select n, n, n, '/n/' || n from n;
    insert into image_store (image_id, store_view_id, label) select n, 1, n from n;
    insert into image_type_assignment (product_id, type_code, image_id) select n, 'image', n from n;
    analyze;
"""
"""Enough rows for a scan to be dearer than an index; no triggers, no foreign keys."""

_QUESTIONS: Final[Mapping[str, str]] = {
    "image_sets": "array['7', '8'], array['7', '8'], array[true, true], array['en_US', 'en_US'], true, true, true",
    "gallery_in_scope": "'7', 7, 'default', false, '7', '7'",
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
    "unused_blobs": "now(), array[sha256('7')]",
    "old_hashes": "now(), sha256('7')",
}

_SMALL: Final = {"store_view"}
"""Tables of which a scan costs nothing."""


@pytest.fixture(name="filled")
async def _filled(connection: Connection) -> Connection:
    await connection.execute(_FILL)
    return connection


@pytest.mark.parametrize("name", _QUESTIONS)
async def test_one_thing_is_found_by_an_index(filled: Connection, queries: Mapping[str, Query], name: str) -> None:
    """However large the catalogue is, none of its tables is read from one end to the other."""
    await filled.execute(f"prepare question as {queries[name].sql}")
    [plan] = json.loads(await filled.fetchval(f"explain (format json) execute question ({_QUESTIONS[name]})"))

    assert set(_scanned(plan["Plan"])) <= _SMALL


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for inner in node.get("Plans", []):
        yield from _scanned(inner)
