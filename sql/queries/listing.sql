-- name: product_ids_behind
-- The ids of the next thousand products behind id $1.
select id from product where id > $1 and deleted_at is null order by id limit 1000;

-- name: product_id_of_sku
-- The id of the product with SKU $1.
select id from product where sku = $1 and deleted_at is null;

-- name: listed_products
-- The products $1 by id, with the SKU of the parent and the websites.
select
    p.id, p.sku, p.slug, p.name, parent.sku as parent, p.enabled, p.visible, p.supports_images,
    array(
        select w.code from product_website pw join website w on w.id = pw.website_id
        where pw.product_id = p.id order by w.id
    ) as websites
from product p
left join product parent on parent.id = p.parent_id
where p.id = any ($1::bigint[]) and p.deleted_at is null
order by p.id;

-- name: listed_images
-- The images of the products $1, each one's in the order of their global positions; their files are paths, or URLs of
-- pictures that are elsewhere. `renditions` counts what is built, of whatever recipe and format.
select
    i.id, p.sku, i.position, i.label, i.excluded as exclude,
    array(
        select a.type_code from image_type_assignment a
        where a.image_id = i.id and a.store_view_id is null order by a.type_code
    ) as types,
    coalesce(i.file_path, pic.url_large, pic.url_small) as file, b.format, b.width, b.height, b.size,
    (select count(*) from any_rendition r where r.blob_hash = pic.blob_hash)::integer as renditions
from product p
join image i on i.product_id = p.id and i.deleted_at is null
join picture pic on pic.id = i.picture_id
left join blob b on b.hash = pic.blob_hash
where p.id = any ($1::bigint[]) and p.deleted_at is null
order by p.id, i.position nulls last, i.id;
