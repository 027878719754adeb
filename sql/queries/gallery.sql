-- name: gallery_in_scope
-- What one caller sees of one product's gallery: a row per image, or a single row without an image, which is also what
-- a product gives that does not support images.
-- $1 SKU or null, $2 product id or null (the SKU wins), $3 store view's code or id or null for none named,
-- $4 whether none named ("0", "admin") means the default store view instead of the global scope, $5 and $6 the keys of
-- $1 and of $1 with blanks for its pluses. Where no spelling is right, `+` is a blank, and the only SKU that differs in
-- case alone is meant: one with the same key that has quotes, blanks and dashes in the same places.
with wanted_scope as (
    select case
        when $3::text is null or $3 = '0'
            or (lower($3) = 'admin' and not exists (select from store_view where code = 'admin'))
        then (case when $4::boolean then 'default' else 'global' end)
        else 'named'
    end as kind
), scope as (
    select s.id, s.website_id
    from wanted_scope w join store_view s
        on (w.kind = 'default' and s.is_default) or (w.kind = 'named' and (s.code = lower($3) or s.id::text = $3))
), found as (
    select p.*
    from product p
    where p.id = coalesce(
        (select id from product where sku = $1 and deleted_at is null),
        (select id from product where id = $2 and deleted_at is null),
        (select id from product where sku = replace($1, '+', ' ') and deleted_at is null),
        (
            select case when count(*) = 1 then min(id) end from product
            where sku_key = $5 and deleted_at is null
                and regexp_replace(sku, '[^"'' -]', '.', 'g') = regexp_replace($1, '[^"'' -]', '.', 'g')
        ),
        (
            select case when count(*) = 1 then min(id) end from product
            where sku_key = $6 and deleted_at is null
                and regexp_replace(sku, '[^"'' -]', '.', 'g') = regexp_replace(replace($1, '+', ' '), '[^"'' -]', '.', 'g')
        )
    )
), types as (
    select distinct on (a.type_code) a.type_code, a.image_id, t.rank
    from found f
    join image_type_assignment a on a.product_id = f.id
    join image_type t on t.code = a.type_code
    where a.store_view_id is null or a.store_view_id = (select id from scope)
    order by a.type_code, a.store_view_id nulls last
)
select
    w.kind as scope_kind,
    s.id as store_view_id,
    f.id as product_id,
    coalesce(f.parent_id, f.id) as family,
    f.supports_images,
    f.enabled and f.visible and exists (select from product_website pw where pw.product_id = f.id) as is_public,
    s.id is null or exists (
        select from product_website pw where pw.product_id = f.id and pw.website_id = s.website_id
    ) as in_website,
    i.id,
    coalesce(o.label, i.label) as label,
    coalesce(o.position, i.position) as position,
    coalesce(o.excluded, i.excluded) as excluded,
    i.file_path,
    coalesce(pic.url_large, pic.url_small) as external_url,
    array(select t.type_code from types t where t.image_id = i.id order by t.rank) as types
from wanted_scope w
left join scope s on true
left join found f on true
left join image i on i.product_id = f.id and f.supports_images and i.deleted_at is null and not exists (
    select from image_store h where h.image_id = i.id and h.store_view_id = s.id and h.hidden
)
left join image_store o on o.image_id = i.id and o.store_view_id = s.id
left join picture pic on pic.id = i.picture_id
order by coalesce(o.position, i.position) nulls first, i.id;

-- name: lock_products
-- Serialises the writers of these products; locked in the order of their ids.
select id, sku, coalesce(parent_id, id) as family
from product
where id = any ($1::bigint[]) and deleted_at is null
order by id
for update;

-- name: next_position
-- The highest position that the product's images have in a scope (null store view: the global one), plus one.
select least(coalesce(max(coalesce(o.position, i.position)), 0)::bigint + 1, 2147483647)::integer
from image i
left join image_store o on o.image_id = i.id and o.store_view_id = $2::integer
where i.product_id = $1 and i.deleted_at is null;

-- name: image_for_update
-- One live image of a product with its values in a scope, as a writer needs them.
select
    i.id, i.picture_id, i.file_name, i.file_path, i.label, i.position, i.excluded, i.file_updated_at,
    o.label as store_label, o.position as store_position, o.excluded as store_excluded, coalesce(o.hidden, false) as hidden,
    pic.blob_hash, b.format
from image i
join picture pic on pic.id = i.picture_id
left join blob b on b.hash = pic.blob_hash
left join image_store o on o.image_id = i.id and o.store_view_id = $3::integer
where i.product_id = $1 and i.id = $2 and i.deleted_at is null;

-- name: insert_image
-- A gallery entry with its global values, whose creation the log tells; the stamp is the moment its bytes came.
insert into image (product_id, picture_id, file_name, file_path, label, position, excluded, recipes, file_updated_at, revision)
values ($1, $2, $3, $4, $5, $6, $7, $8, now(), 1)
returning id, created_at, updated_at, revision;

-- name: insert_image_at_new_path
-- The same for a path that nobody has yet, which is taken with it as `insert_file_path` does; no row where somebody has it.
-- Where $9 says so it goes behind all that have a position, whatever $6 says; the caller holds the product.
with taken as (
    insert into file_path (path, blob_hash, clean_recipe, suffix)
    values (
        $4, $10, case when (select marks from blob where hash = $10) <> '' then $12::text else $11::text end, $13
    )
    on conflict (path) do nothing
    returning path
)
insert into image (product_id, picture_id, file_name, file_path, label, position, excluded, recipes, file_updated_at, revision)
select
    $1::bigint, $2::bigint, $3::text, path, $5::text,
    case when $9::boolean then (
        select least(coalesce(max(i.position), 0)::bigint + 1, 2147483647)
        from image i
        where i.product_id = $1 and i.deleted_at is null
    ) else $6::integer end,
    $7::boolean, $8::text[], now(), 1
from taken
returning id, position, created_at, updated_at, revision;

-- name: set_global_values
-- Writes the global label, position and exclusion of an image; no row where it has them.
update image set label = $2, position = $3, excluded = $4, updated_at = now()
where id = $1 and (label, position, excluded) is distinct from ($2, $3::integer, $4::boolean);

-- name: replace_file
-- Gives an image another picture under another path; the stamp always moves on, even within one second.
update image
set picture_id = $2, file_name = $3, file_path = $4, recipes = $5,
    file_updated_at = greatest(now(), file_updated_at + interval '1 second'), updated_at = now()
where id = $1;

-- name: rename_file
-- Gives an image another path to the same bytes; its stamp stays.
update image set file_name = $2, file_path = $3, updated_at = now() where id = $1;

-- name: set_store_values
-- Writes what one store view says of an image; no row where it says so.
insert into image_store as said (image_id, store_view_id, label, position, excluded, hidden)
values ($1, $2, $3, $4, $5, $6)
on conflict (image_id, store_view_id) do update
set label = excluded.label, position = excluded.position, excluded = excluded.excluded, hidden = excluded.hidden
where (said.label, said.position, said.excluded, said.hidden)
    is distinct from (excluded.label, excluded.position, excluded.excluded, excluded.hidden);

-- name: drop_store_values
-- Forgets what one store view said of an image.
delete from image_store where image_id = $1 and store_view_id = $2;

-- name: assign_types
-- Moves the known ones among these types to an image, in one scope, from whichever image held them; rows are those that
-- it did not hold.
insert into image_type_assignment as held (product_id, store_view_id, type_code, image_id)
select $1, $2::integer, t.code, $3 from image_type t where t.code = any ($4::text[])
on conflict (product_id, store_view_id, type_code) do update set image_id = excluded.image_id
where held.image_id is distinct from excluded.image_id;

-- name: clear_types
-- Makes the types that an image holds in a scope, own or inherited, an explicit "none" there, but for those listed.
with held as (
    select distinct on (type_code) type_code, image_id
    from image_type_assignment
    where product_id = $1 and (store_view_id is null or store_view_id = $2::integer)
    order by type_code, store_view_id nulls last
)
insert into image_type_assignment (product_id, store_view_id, type_code, image_id)
select $1, $2::integer, type_code, null from held
where image_id = $3 and type_code <> all ($4::text[])
on conflict (product_id, store_view_id, type_code) do update set image_id = null;

-- name: is_used_for_types
-- Whether a scope other than this one (null: the global one) has its own type assignment to an image.
select exists (
    select from image_type_assignment where image_id = $1 and store_view_id is distinct from $2::integer
);

-- name: delete_image
-- Takes an image out of every list; its row and its path stay.
update image set deleted_at = now(), updated_at = now() where id = $1;

-- name: gallery_places
-- The list of a product: every live image with its position.
select id, position from image where product_id = $1 and deleted_at is null order by position nulls last, id;

-- name: set_gallery_places
-- Writes the positions of several images.
update image i
set position = moved.position, updated_at = now()
from unnest($1::bigint[], $2::integer[]) as moved (id, position)
where i.id = moved.id;

-- name: release_types_of_image
-- Makes every type that an image holds, in whatever scope, an explicit "none".
update image_type_assignment set image_id = null where image_id = $1;

-- name: withdraw_path_of_image
-- Takes back a path, which keeps its bytes for a restore, unless another live image came with the same one. The caller
-- holds the path, so that of several who take their images away the last one sees what the others did.
update file_path p
set withdrawn_at = now()
where p.path = $1 and p.withdrawn_at is null and not exists (
    select from image i where i.file_path = p.path and i.id <> $2 and i.deleted_at is null
);
