-- name: list_images
-- The images of the product with SKU $1 (null: of all products) in the order of their global positions; their files are
-- paths, or URLs of pictures that are elsewhere. `renditions` counts what is built, of whatever recipe and format.
select
    i.id, p.sku, i.position, i.label, i.excluded as exclude,
    array(
        select a.type_code from image_type_assignment a
        where a.image_id = i.id and a.store_view_id is null order by a.type_code
    ) as types,
    coalesce(i.file_path, pic.url_large, pic.url_small) as file, b.format, b.width, b.height, b.size,
    (select count(*) from any_rendition r where r.blob_hash = pic.blob_hash)::integer as renditions
from image i
join product p on p.id = i.product_id and p.deleted_at is null
join picture pic on pic.id = i.picture_id
left join blob b on b.hash = pic.blob_hash
where ($1::text is null or p.sku = $1) and i.deleted_at is null
order by p.id, i.position nulls last, i.id;
