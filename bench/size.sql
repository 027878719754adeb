-- What `fill.sql` leaves out, for a shop in which all is done: every image has all renditions in force, and its row in the
-- log, the last of which are of today and the first a year old. Run statement by statement, each with the number of products.
insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag, created_at)
select
    sha256(convert_to('bench-' || n, 'UTF8')), unnest(recipes), 'jpeg', 1, 1, 100000, repeat('0', 64),
    now() - interval '60 days'
from generate_series(1, 3 * $1::integer) n, (select array_agg(hash) as recipes from recipe) r;

delete from change;

insert into change (id, transaction, at, actor_kind, actor_id, via, product_id, image_id, revision, kind, after, closes)
select
    n, n, now() - interval '365 days' * (1 - n / (3.0 * $1::integer)), 'api_key', '1', 'v1', 1 + (n - 1) / 3, n, 1,
    'image.created', jsonb_build_object(
        'product', 1 + (n - 1) / 3, 'picture', n, 'hash', encode(sha256(convert_to('bench-' || n, 'UTF8')), 'hex'),
        'path', '/b/e/bench-' || n || '.jpg', 'file_name', 'bench-' || n || '.jpg', 'position', 1 + (n - 1) % 3,
        'exclude', false
    ), true
from generate_series(1, 3 * $1::integer) n;

select setval('change_id_seq', 3 * $1::bigint);

select setval('creation_order', 3 * $1::bigint);

update recipe set created_at = now() - interval '60 days';
