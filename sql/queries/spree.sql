-- name: spree_product
-- The root product that a slug, a former slug or an id (null: none) names, in this order, and its family.
select id, id as family from spree_root_product($1, $2);

-- name: spree_variant
-- The product of either kind that an id names, and its family.
select p.id, coalesce(p.parent_id, p.id) as family
from product p
left join product r on r.id = p.parent_id
where p.id = $1 and p.deleted_at is null and r.deleted_at is null;

-- name: spree_images_of_product
-- The gallery of the root product that a slug, a former slug or an id names: a row per image, or a single
-- row without an image.
select
    p.id as product_id, p.id as family, i.id, i.position, i.label, i.excluded, i.file_name, i.file_updated_at,
    b.format, b.width, b.height, c.url_large, c.url_small
from spree_root_product($1, $2) p
left join image i on i.product_id = p.id and i.deleted_at is null
left join picture c on c.id = i.picture_id
left join blob b on b.hash = c.blob_hash
order by i.position nulls last, i.id;

-- name: spree_images_of_variant
-- The gallery of the product of either kind that an id names, as above.
select
    p.id as product_id, coalesce(p.parent_id, p.id) as family, i.id, i.position, i.label, i.excluded, i.file_name,
    i.file_updated_at, b.format, b.width, b.height, c.url_large, c.url_small
from product p
left join product r on r.id = p.parent_id
left join image i on i.product_id = p.id and i.deleted_at is null
left join picture c on c.id = i.picture_id
left join blob b on b.hash = c.blob_hash
where p.id = $1 and p.deleted_at is null and r.deleted_at is null
order by i.position nulls last, i.id;

-- name: spree_image
-- One live image of a product that is not deleted, whatever product that is.
select
    p.id as product_id, coalesce(p.parent_id, p.id) as family, i.id, i.position, i.label, i.excluded, i.file_name,
    i.file_path, i.file_updated_at, b.format, b.width, b.height, c.blob_hash, c.url_large, c.url_small
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join product r on r.id = p.parent_id
join picture c on c.id = i.picture_id
left join blob b on b.hash = c.blob_hash
where i.id = $1 and i.deleted_at is null and r.deleted_at is null;

-- name: spree_file
-- What lies behind the file URLs of a live image, and the version that it keeps of a recipe.
select
    i.file_name, i.file_path, i.file_updated_at, c.blob_hash, b.format,
    (select v.hash from recipe v where v.hash = any (i.recipes) and v.name = $2 limit 1) as recipe,
    case when 'marks' = any (i.recipes) then b.marks end as marks, e.key as edit_key
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join product r on r.id = p.parent_id
join picture c on c.id = i.picture_id
join blob b on b.hash = c.blob_hash
left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
where i.id = $1 and i.deleted_at is null and r.deleted_at is null;

-- name: spree_set_label
-- Writes the label that holds in every store view without one of its own.
update image set label = $2, updated_at = now() where id = $1;

-- name: spree_forget_places_in_stores
-- An image that moves keeps its labels and exclusions per store view; what says nothing else goes.
with kept as (
    update image_store set position = null, hidden = false
    where image_id = $1 and num_nonnulls(label, excluded) > 0
)
delete from image_store where image_id = $1 and num_nonnulls(label, excluded) = 0;

-- name: spree_move_image
-- Hangs an image on another product.
update image set product_id = $2, updated_at = now() where id = $1;
