"""Pictures for the products of the tests' shop: rows of which every figure is known."""

from typing import Final

from app.settings import Settings

LARGE, SMALL = (next(one for one in Settings().recipes if one.name == name) for name in ("large", "small"))
MANY: Final = """
    insert into image (id, product_id, picture_id, file_name, label, position)
    select 1000 + n, 10, 1, 'front.jpg', 'Number ' || n, n from generate_series(1, 20) n
"""

ROWS: Final = f"""
    insert into blob (hash, size, format, width, height, orientation, notes, converted_from, state, failure_code,
        failure_detail, marks, marked_at, thumbhash, color)
    values
        (sha256('ready'), 1532012, 'jpeg', 3000, 2000, 6, '[{{"code": "removed_trailing_bytes", "measured": 7}}]',
            null, 'ready', null, null, '', null, '3OcRJYB4d3h/iIeHeEh3eIhw+j2w', '#a98f7c'),
        (sha256('failed'), 12, 'png', 30, 20, 1, null, 'tiff', 'failed', 'too_slow', 'It took too long.', '', null,
            null, null);
    insert into picture (id, blob_hash, url_large) values
        (1, sha256('ready'), null), (2, sha256('failed'), null), (4, null, 'https://img.example/4.jpg');
    insert into picture_text (picture_id, locale, large) values (1, 'de_DE', 'Kleid von vorn');
    insert into file_path (path, blob_hash, clean_recipe) values ('/f/r/front 1.jpg', sha256('ready'), 'c');
    insert into image
        (id, product_id, picture_id, file_name, file_path, label, position, excluded, revision, created_at, updated_at)
    values
        (705, 8, 1, 'front 1.jpg', '/f/r/front 1.jpg', 'Front', 2, false, 12, '2026-11-01 10:00+00',
            '2026-11-02 10:00:00.25+01'),
        (706, 8, 2, 'back.png', null, null, 1, true, 0, '2026-11-01 10:00+00', '2026-11-01 10:00+00'),
        (707, 8, 4, null, null, '', null, null, 1, '2026-11-01 10:00+00', '2026-11-01 10:00+00'),
        (708, 8, 1, 'gone.jpg', null, 'Gone', 3, false, 2, now(), now());
    update image set deleted_at = now() where id = 708;
    insert into image_store (image_id, store_view_id, label, position, hidden) values
        (705, 2, 'Vorne', null, false), (706, 2, null, 9, false), (707, 3, null, null, true);
    insert into image_type_assignment (product_id, store_view_id, type_code, image_id) values
        (8, null, 'thumbnail', 705), (8, null, 'image', 705), (8, 2, 'image', 705);
    insert into recipe (hash, name, version, quality)
        values ('{LARGE.hash}', 'large', 1, '{{}}'), ('{SMALL.hash}', 'small', 1, '{{}}')
        on conflict do nothing;
    insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag) values
        (sha256('ready'), '{LARGE.hash}', 'jpeg', 800, 1200, 91231, 'e'),
        (sha256('ready'), '{LARGE.hash}', 'avif', 800, 1200, 9123, 'e');
    insert into rendition_failure (blob_hash, recipe_hash, reason)
        values (sha256('failed'), '{SMALL.hash}', 'no memory');
"""
