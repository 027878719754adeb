-- name: product_for_images
-- A product by its exact SKU, and whether it may have images.
select p.id, p.supports_images
from product p
left join product r on r.id = p.parent_id
where p.sku = $1 and p.deleted_at is null and r.deleted_at is null;

-- name: product_of_image
-- The product of a live image.
select i.product_id
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join product r on r.id = p.parent_id
where i.id = $1 and i.deleted_at is null and r.deleted_at is null;

-- name: revision_of_image
-- At which revision a live image is.
select i.revision
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join product r on r.id = p.parent_id
where i.id = $1 and i.deleted_at is null and r.deleted_at is null;

-- name: native_image_to_change
-- A live image of a product, as a writer needs it.
select
    i.id, i.product_id, i.picture_id, i.file_name, i.file_path, i.label, i.position, i.excluded, i.revision,
    pic.blob_hash, b.format
from image i
join picture pic on pic.id = i.picture_id
left join blob b on b.hash = pic.blob_hash
where i.id = $1 and i.product_id = $2 and i.deleted_at is null;

-- name: picture_of_live_image
-- The picture that a live image shows, under which name, and what is done to it.
select i.picture_id, i.file_name, i.edit, pic.blob_hash, b.format
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join product r on r.id = p.parent_id
join picture pic on pic.id = i.picture_id
left join blob b on b.hash = pic.blob_hash
where i.id = $1 and i.deleted_at is null and r.deleted_at is null;

-- name: stores_of_image
-- The store views with the codes $2, and what each says of an image; null where it says nothing.
select s.id, s.code, o.label, o.position, o.excluded, coalesce(o.hidden, false) as hidden
from store_view s
left join image_store o on o.store_view_id = s.id and o.image_id = $1
where s.code = any ($2::text[]);

-- name: forget_store_values
-- Forgets what one store view, null for each of them, said of an image.
delete from image_store where image_id = $1 and store_view_id = coalesce($2::integer, store_view_id);

-- name: unset_types_in_stores
-- Forgets the types that an image holds by an own assignment in one store view, null for each of them.
delete from image_type_assignment where image_id = $1 and store_view_id = coalesce($2::integer, store_view_id);

-- name: touch_image
-- Stamps an image of which something was changed that stands in other tables.
update image set updated_at = now() where id = $1;

-- name: gallery_places_in_store
-- The list of a product as a store view (null: none) orders and hides it: each live image with the position that was
-- written there.
select i.id, case when $2::integer is null then i.position else o.position end as position
from image i
left join image_store o on o.image_id = i.id and o.store_view_id = $2::integer
where i.product_id = $1 and i.deleted_at is null and not coalesce(o.hidden, false)
order by coalesce(o.position, i.position) nulls last, i.id;

-- name: set_places_in_store
-- Writes the positions of several images in one store view.
insert into image_store as said (image_id, store_view_id, position)
select moved.id, $3::integer, moved.position from unnest($1::bigint[], $2::integer[]) as moved (id, position)
on conflict (image_id, store_view_id) do update set position = excluded.position
where said.position is distinct from excluded.position;

-- name: store_by_code
-- The id of a store view.
select id from store_view where code = $1;

-- name: unknown_names
-- Of the store views' codes $1 and the types $2 those that are unknown.
select
    array(select code from unnest($1::text[]) as given (code) where not exists (select from store_view s where s.code = given.code))
        as stores,
    array(select code from unnest($2::text[]) as given (code) where not exists (select from image_type t where t.code = given.code))
        as types;

-- name: record_uploader
-- Says who has uploaded bytes that are recorded.
insert into blob_uploader (hash, uploader) select hash, $2::text from blob where hash = $1 on conflict do nothing;

-- name: declare_type
-- Says as what the file was declared with which an image came to a picture.
insert into image_declared_type (image_id, picture_id, media_type) values ($1, $2, $3)
on conflict (image_id, picture_id) do update set media_type = excluded.media_type;

-- name: has_uploaded
-- Whether somebody has uploaded these bytes.
select exists (select from blob_uploader where hash = $1 and uploader = $2);

-- name: lock_picture
-- The revision of a picture, held until the transaction ends.
select revision from picture where id = $1 for update;

-- name: texts_of_picture
-- What is said of a picture, by locale.
select locale, large, small from picture_text where picture_id = $1 order by locale;

-- name: count_picture_revision
-- The next revision of a picture.
update picture set revision = revision + 1 where id = $1 returning revision;

-- name: families_of_picture
-- Whose documents show a picture.
select unnest(families_of_pictures(array[$1::bigint])) as family;
