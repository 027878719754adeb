-- name: count_products
-- Of so many products ($1) how many there are, and how many of them may have images and have none; and how many Postgres
-- reckons there are in all, deleted ones included.
select
    count(*) as looked_at,
    count(*) filter (
        where p.supports_images
            and not exists (select from image i where i.product_id = p.id and i.deleted_at is null)
    ) as without_picture,
    (select greatest(reltuples, 0)::bigint from pg_class where oid = 'product'::regclass) as reckoned
from (select id, supports_images from product where deleted_at is null limit $1) p;

-- name: count_images
-- Of so many gallery entries ($1) how many there are, and how many in each state; and how many Postgres reckons there are
-- in all.
select
    count(*) as looked_at,
    count(*) filter (where coalesce(e.state, b.state) = 'ready') as ready,
    count(*) filter (where coalesce(e.state, b.state) = 'processing') as processing,
    count(*) filter (where coalesce(e.state, b.state) = 'failed') as failed,
    count(*) filter (where b.hash is null) as external,
    (select greatest(reltuples, 0)::bigint from pg_class where oid = 'image'::regclass) as reckoned
from (select picture_id, edit_key from image where deleted_at is null limit $1) i
join picture p on p.id = i.picture_id
left join blob b on b.hash = p.blob_hash
left join edited_picture e on e.blob_hash = p.blob_hash and e.key = i.edit_key;

-- name: count_blobs
-- Of so many pictures whose bytes are kept ($1) how many there are and how large they are together, and how many Postgres
-- reckons there are in all.
select
    count(*) as looked_at,
    coalesce(sum(size), 0)::bigint as bytes,
    (select greatest(reltuples, 0)::bigint from pg_class where oid = 'blob'::regclass) as reckoned
from (select size from blob limit $1) b;
