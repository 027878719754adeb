-- name: texts_of_images
-- What is said of those of the images $1 that are live: globally, and by codes of store views.
select
    p.id as product_id, p.sku, i.id, i.label, i.position, coalesce(i.excluded, false) as exclude,
    array(
        select a.type_code from image_type_assignment a join image_type t on t.code = a.type_code
        where a.image_id = i.id and a.store_view_id is null order by t.rank
    ) as types,
    stores_of.said as stores
from image i
join product p on p.id = i.product_id and p.deleted_at is null
cross join lateral (
    select coalesce(json_object_agg(s.code, json_build_object(
        'label', o.label, 'position', o.position, 'exclude', o.excluded, 'types', held.types
    )), '{}')::text as said
    from store_view s
    left join image_store o on o.image_id = i.id and o.store_view_id = s.id
    cross join lateral (
        select json_agg(a.type_code order by t.rank) as types
        from image_type_assignment a join image_type t on t.code = a.type_code
        where a.image_id = i.id and a.store_view_id = s.id
    ) held
    where o.image_id is not null or held.types is not null
) stores_of
where i.id = any ($1::bigint[]) and i.deleted_at is null;

-- name: products_with_texts
-- The next hundred products behind id $1 (of those with the SKUs $2, null: of all) that have images: their ids and those
-- of their images in order. (Two ways, since one plan has to do for both: few that are named are found by their SKUs.)
select p.id, array(
    select i.id from image i where i.product_id = p.id and i.deleted_at is null order by i.position nulls last, i.id
) as images
from (
    (select id from product where $2::text[] is null and id > $1 and deleted_at is null order by id limit 100)
    union all
    (select id from product where sku = any ($2) and id > $1 and deleted_at is null order by id limit 100)
) p
order by p.id
limit 100;
