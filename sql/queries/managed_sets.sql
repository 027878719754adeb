-- name: product_of_sets
-- A product by SKU, held so that its sets are changed by one writer at a time.
select id from product where sku = $1 and deleted_at is null for update;

-- name: sets_of_product
-- The sets of a product other than its gallery, with their pictures in order.
select
    s.name, s.locale, s.key,
    array(
        select l.picture_id from image_set_link l where l.set_id = s.id order by l.sort_order, l.ordinal
    ) as pictures
from product p
join image_set s on s.product_id = p.id
where p.sku = $1 and p.deleted_at is null
order by s.name, s.locale nulls first, s.key nulls first;

-- name: product_exists
-- Whether there is a product of this SKU.
select exists (select from product where sku = $1 and deleted_at is null);

-- name: set_of_product
-- A set of a product: $2 name, $3 locale or null, of those without key, or else $4 the key.
select id from image_set
where product_id = $1
    and (key = $4 or ($4::text is null and key is null and name = $2 and locale is not distinct from $3::text));

-- name: insert_set
-- A new set.
insert into image_set (product_id, name, locale, key) values ($1, $2, $3, $4) returning id;

-- name: rename_set
-- Gives a set its name and locale; from now on it is not what an import made of it.
update image_set set name = $2, locale = $3, is_folded = false where id = $1;

-- name: pictures_to_show
-- The pictures meant by their own ids, and by the ids of gallery entries.
select 'p' || id as word, id from picture where id = any ($1::bigint[])
union all
select id::text, picture_id from image where id = any ($2::bigint[]) and deleted_at is null;

-- name: drop_other_links
-- Takes out of a set all pictures but these.
delete from image_set_link where set_id = $1 and picture_id <> all ($2::bigint[]);

-- name: put_links
-- Puts pictures into a set, in this order.
insert into image_set_link (set_id, picture_id, sort_order)
select $1, u.picture_id, u.place - 1 from unnest($2::bigint[]) with ordinality as u (picture_id, place)
order by u.place
on conflict (set_id, picture_id) do update set sort_order = excluded.sort_order;

-- name: drop_set
-- Removes a set; its pictures stay.
with links as (delete from image_set_link where set_id = $1)
delete from image_set where id = $1;

-- name: native_sets
-- The sets of a product other than its gallery, with their pictures in order, and of each picture the first images that
-- show it, those of the same product before others.
select
    s.name, s.locale, s.key, s.revision,
    (
        select coalesce(json_agg(json_build_object('picture', l.picture_id, 'images', array(
            select i.id from image i join product o on o.id = i.product_id and o.deleted_at is null
            where i.picture_id = l.picture_id and i.deleted_at is null
            order by i.product_id <> s.product_id, i.id
            limit 20
        )) order by l.sort_order, l.ordinal), '[]')
        from image_set_link l where l.set_id = s.id
    )::text as members
from product p
join image_set s on s.product_id = p.id
where p.sku = $1 and p.deleted_at is null
order by s.name, s.locale nulls first, s.key nulls first;

-- name: family_of_sku
-- The root product's id of a live product.
select coalesce(parent_id, id) from product where sku = $1 and deleted_at is null;
