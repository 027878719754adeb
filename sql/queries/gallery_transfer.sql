-- name: images_behind
-- The next thousand live images behind creation number $1, in the order of creation.
select id, ordinal from image where ordinal > $1 and deleted_at is null order by ordinal limit 1000;

-- name: images_to_transfer
-- Those of the images $1 that are live, as lines.
select
    i.id, p.sku, i.file_path as path, i.file_name, i.file_updated_at, pic.url_large, pic.url_small, pic.key,
    encode(pic.blob_hash, 'hex') as blob, i.edit, i.label, i.position, i.excluded as exclude,
    array(
        select a.type_code from image_type_assignment a
        where a.image_id = i.id and a.store_view_id is null order by a.type_code
    ) as types,
    (
        select json_object_agg(t.locale, json_strip_nulls(json_build_object('large', t.large, 'small', t.small)))
        from picture_text t where t.picture_id = pic.id
    )::text as texts,
    (
        select json_object_agg(s.code, json_build_object(
            'label', o.label, 'position', o.position, 'exclude', o.excluded, 'hidden', coalesce(o.hidden, false),
            'types', array(
                select a.type_code from image_type_assignment a
                where a.image_id = i.id and a.store_view_id = s.id order by a.type_code
            )
        ) order by s.code)
        from store_view s left join image_store o on o.store_view_id = s.id and o.image_id = i.id
        where o.image_id is not null or exists (
            select from image_type_assignment a where a.image_id = i.id and a.store_view_id = s.id
        )
    )::text as stores
from image i
join product p on p.id = i.product_id and p.deleted_at is null
join picture pic on pic.id = i.picture_id
where i.id = any ($1::bigint[]) and i.deleted_at is null
order by i.ordinal;

-- name: paths_to_transfer
-- The next thousand paths behind $1, and whether a live image has them; without a blob they are withdrawn.
with next as materialized (
    select path, case when withdrawn_at is null then blob_hash end as blob_hash
    from file_path where path > $1 order by path limit 1000
)
select
    n.path, encode(n.blob_hash, 'hex') as blob,
    exists (
        select from image i join product p on p.id = i.product_id and p.deleted_at is null
        where i.file_path = n.path and i.deleted_at is null
    ) as is_of_image
from next n
order by n.path;

-- name: nones_to_transfer
-- Types that are an explicit "none", of the products behind id $1.
select p.id, p.sku, s.code as store, a.type_code
from (select id, sku from product where id > $1 and deleted_at is null and exists (
    select from image_type_assignment n where n.product_id = product.id and n.product_id > $1 and n.image_id is null
) order by id limit 1000) p
join image_type_assignment a on a.product_id = p.id and a.product_id > $1 and a.image_id is null
left join store_view s on s.id = a.store_view_id
order by p.id, s.code nulls first, a.type_code;

-- name: products_by_sku
-- The ids of products that are not deleted, by the SKUs $1 as they were asked for, whose keys are $2: of that spelling,
-- else the only one that differs in case alone (see `gallery_in_scope`).
select asked.sku, found.id
from unnest($1::text[], $2::text[]) asked (sku, key)
cross join lateral (
    select coalesce(
        (select id from product where sku = asked.sku and deleted_at is null),
        (
            select case when count(*) = 1 then min(id) end from product
            where sku_key = asked.key and deleted_at is null
                and regexp_replace(sku, '[^"'' -]', '.', 'g') = regexp_replace(asked.sku, '[^"'' -]', '.', 'g')
        )
    ) as id
) found
where found.id is not null;

-- name: known_blob
-- What is recorded of bytes that the store has already.
select format, width, height, frames, orientation, has_alpha, converted_from, marks from blob where hash = $1;

-- name: image_with_path
-- The live image of product $1 with a path.
select min(id) from image where product_id = $1 and file_path = $2 and deleted_at is null;

-- name: image_with_key
-- The live image of product $1 that shows the picture with a key.
select min(i.id) from image i join picture p on p.id = i.picture_id
where i.product_id = $1 and p.key = $2 and i.deleted_at is null;

-- name: image_with_file
-- The live image of product $1 that shows these bytes, under file name $3 if that is given.
select min(i.id) from image i join picture p on p.id = i.picture_id
where i.product_id = $1 and p.blob_hash = $2 and ($3::text is null or i.file_name = $3) and i.deleted_at is null;

-- name: image_with_urls
-- The live image of product $1 that shows what is at these two URLs and has no bytes here.
select min(i.id) from image i join picture p on p.id = i.picture_id
where i.product_id = $1 and p.blob_hash is null and p.url_large is not distinct from $2
    and p.url_small is not distinct from $3 and i.deleted_at is null;

-- name: image_to_update
-- What a line about an image must not contradict.
select i.id, i.product_id, i.deleted_at is not null as is_deleted, i.file_path, p.blob_hash
from image i join picture p on p.id = i.picture_id
where i.id = $1;

-- name: put_transferred_picture
-- A picture by its key, or a new one without a key; no row where the key's picture shows other bytes.
insert into picture (blob_hash, url_large, url_small, key) values ($1, $2, $3, $4)
on conflict (key) do update set url_large = excluded.url_large, url_small = excluded.url_small
where picture.blob_hash is not distinct from excluded.blob_hash
returning id;

-- name: put_picture_texts
-- Makes a picture's texts exactly these.
with gone as (delete from picture_text where picture_id = $1 and locale <> all ($2::text[]))
insert into picture_text (picture_id, locale, large, small)
select $1, t.locale, t.large, t.small
from unnest($2::text[], $3::text[], $4::text[]) as t (locale, large, small)
where num_nonnulls(t.large, t.small) > 0
on conflict (picture_id, locale) do update set large = excluded.large, small = excluded.small;

-- name: insert_transferred_image
-- An image as another shop had it; what is null is chosen here.
insert into image (
    id, product_id, picture_id, file_name, file_path, label, position, excluded, recipes, file_updated_at, revision
)
values (
    coalesce($1::bigint, nextval('image_id_seq')), $2, $3, $4, $5::text, $6, $7, $8, $9,
    case when $5::text is null then null else coalesce($10::timestamptz, now()) end, 1
)
returning id;

-- name: update_transferred_image
-- What a line says globally of an image that is here already; a stamp or name that it does not give stays, as does a later
-- stamp of an edited image.
update image
set label = $2, position = $3, excluded = $4,
    file_updated_at = case
        when edit is null then coalesce($5::timestamptz, file_updated_at)
        else greatest($5::timestamptz, file_updated_at)
    end,
    file_name = coalesce($6, file_name), updated_at = now()
where id = $1;

-- name: stamp_transferred_image
-- A new image has the stamp that another shop gave what its edit shows.
update image set file_updated_at = $2 where id = $1 and file_path is not null;

-- name: move_image_ids_beyond
-- Keeps the numbering of images clear of ids up to $1. A short way is walked, as a jump could set numbers back that
-- uploads draw meanwhile; a long one is jumped, unless it is a dry run ($2), which draws no number so far ahead.
select case
    when $1 - given > 1000 then setval('image_id_seq', $1)
    else (select max(nextval('image_id_seq')) from generate_series(given + 1, $1))
end
from (select last_value - (not is_called)::integer as given from image_id_seq) as numbering
where given < $1::bigint and ($1 - given <= 1000 or not $2::boolean);

-- name: lock_gallery_import
-- Only one import writes its batch at a time: they take paths and locks in the order of their files.
select pg_advisory_xact_lock(hashtextextended('gallery_import', 0));

-- name: drop_other_store_values
-- Forgets what store views other than these say of an image.
delete from image_store where image_id = $1 and store_view_id <> all ($2::integer[]);

-- name: forget_types
-- Types that an image holds in a scope and that are not listed become unset.
delete from image_type_assignment
where product_id = $1 and store_view_id is not distinct from $2::integer and image_id = $3 and type_code <> all ($4::text[]);

-- name: put_nones
-- Makes types of a product an explicit "none" in a scope; gives those that were not so before, and which of them were unset.
insert into image_type_assignment (product_id, store_view_id, type_code, image_id)
select $1, $2::integer, unnest($3::text[]), null
on conflict (product_id, store_view_id, type_code) do update set image_id = null
where image_type_assignment.image_id is not null
returning type_code, xmax = 0 as is_new;

-- name: next_product_revision
-- The product $1 is another one than before, by what is no column of its own.
update product set revision = revision + 1 where id = $1 returning revision;

-- name: insert_withdrawn_path
-- Keeps a path that was withdrawn elsewhere from ever being used here.
insert into file_path (path, withdrawn_at) values ($1, now()) on conflict (path) do nothing;

-- name: store_view_names
-- All store views, by code and by id.
select id, code from store_view;

-- name: image_type_codes
-- All image types.
select code from image_type;

-- name: pictures_of_products
-- The pictures that the galleries of the products $1 show.
select distinct picture_id from image where product_id = any ($1::bigint[]) and deleted_at is null;

-- name: picture_of_image
-- The picture that an image shows.
select picture_id from image where id = $1;
