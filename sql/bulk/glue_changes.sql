-- name: begin_product_log
-- Makes the table of what products were before this import; what is new was nothing.
create temp table import_former_product (product_id bigint primary key, state jsonb) on commit drop;

-- name: stage_former_products
-- What the products $1 are before this import changes them for the first time. All are looked for at once: planned while
-- there are no products yet, a look for each would build the states of all there are by then.
insert into import_former_product (product_id, state)
select given.id, s.state
from unnest($1::bigint[]) as given (id)
left join product_states($1) s on s.product_id = given.id
on conflict (product_id) do nothing;

-- name: record_import_products
-- A row for each product that this import made or changed. $1 to $6: who acts.
with differing as materialized (
    select f.product_id, n.revision + (f.state is not null)::integer as revision, f.state as former, n.state as present
    from import_former_product f
    cross join lateral product_states(array[f.product_id]) n
    where f.state is distinct from n.state
), counted as (
    update product p set revision = d.revision from differing d where p.id = d.product_id and d.former is not null
)
insert into change (
    kind, product_id, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    case when former is null then 'product.created' else 'product.updated' end, product_id, revision,
    differing(former, present),
    case when former is null then jsonb_strip_nulls(present) else differing(present, former) end,
    true, $1::text, $2::text, $3::text, $4::text, $5::text, $6::text
from differing
order by product_id;

-- name: stage_former_states
-- What the images, sets and pictures that are about to change are before.
create temp table import_former_image on commit drop as
with changed as (
    select i.id, i.product_id
    from import_picture n
    join picture p on p.id = n.picture_id
    join image i on i.picture_id = p.id and i.deleted_at is null
    where n.is_changed and p.blob_hash is not null
    union
    select i.id, i.product_id
    from import_link n
    join image i on i.product_id = n.product_id and i.imported_picture_id = n.picture_id and i.deleted_at is null
    where n.is_changed
)
select s.image_id, s.product_id, s.state
from (select distinct product_id from changed) c
cross join lateral image_states(array[c.product_id]) s
where s.image_id in (select id from changed);
create temp table import_former_set on commit drop as
with changed as (
    select product_id from import_set where is_new or is_changed
    union
    select s.product_id from import_set n join image_set s on s.id = n.set_id where n.is_changed
    union
    select s.product_id from import_link n join import_set s on s.set_id = n.set_id where n.is_new or n.is_changed
)
select c.product_id, s.set_id, s.state
from changed c
left join lateral set_states(array[c.product_id]) s on true;
create temp table import_former_picture on commit drop as
select c.picture_id, s.state
from (
    select picture_id from import_picture where is_changed
    union
    select t.picture_id from import_new_text t
    where not exists (select from import_picture n where n.picture_id = t.picture_id and n.is_new)
) c
cross join lateral picture_states(array[c.picture_id]) s;

-- name: record_import_pictures
-- A row for each picture that this import changed. $1 to $6: who acts.
with differing as materialized (
    select f.picture_id, n.revision + 1 as revision, f.state as former, n.state as present
    from import_former_picture f
    cross join lateral picture_states(array[f.picture_id]) n
    where f.state <> n.state
), counted as (
    update picture p set revision = d.revision from differing d where p.id = d.picture_id
)
insert into change (kind, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch)
select
    'picture.changed', revision, differing(former, present) || jsonb_build_object('picture', picture_id),
    differing(present, former) || jsonb_build_object('picture', picture_id), true,
    $1::text, $2::text, $3::text, $4::text, $5::text, $6::text
from differing
order by picture_id;

-- name: record_import_sets
-- A row for each set that this import made or changed. $1 to $6: who acts.
with differing as materialized (
    select n.set_id, n.product_id, n.revision + 1 as revision, f.state as former, n.state as present
    from (select distinct product_id from import_former_set) c
    cross join lateral set_states(array[c.product_id]) n
    left join import_former_set f on f.set_id = n.set_id
    where f.state is distinct from n.state
), counted as (
    update image_set s set revision = d.revision from differing d where s.id = d.set_id
)
insert into change (
    kind, product_id, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    'set.changed', product_id, revision,
    differing(former, present) || jsonb_build_object('set', set_id, 'name', former -> 'name'),
    case
        when former is null then jsonb_strip_nulls(present)
        else differing(present, former) || jsonb_build_object('set', set_id, 'name', present -> 'name')
    end,
    lead(set_id) over (partition by product_id order by set_id) is null,
    $1::text, $2::text, $3::text, $4::text, $5::text, $6::text
from differing
order by product_id, set_id;

-- name: record_import_images
-- A row for each gallery entry that this import made or changed. $1 to $6: who acts.
with differing as materialized (
    select
        f.image_id, f.product_id, n.revision + 1 as revision, f.state as former, n.state as present,
        f.state -> 'hash' is distinct from n.state -> 'hash' as has_other_file
    from import_former_image f
    join (select distinct product_id from import_former_image) c using (product_id)
    cross join lateral image_states(array[c.product_id]) n
    where n.image_id = f.image_id and f.state <> n.state
), counted as (
    update image i set revision = d.revision from differing d where i.id = d.image_id
), told as (
    select
        case when has_other_file then 'image.replaced' else 'image.updated' end as kind, product_id, image_id, revision,
        differing(former, present) as before, differing(present, former) as after
    from differing
    union all
    select
        'image.created', n.product_id, n.image_id, 1, null,
        jsonb_strip_nulls(jsonb_build_object(
            'product', n.product_id, 'picture', n.picture_id, 'hash', encode(p.blob_hash, 'hex'), 'path', i.file_path,
            'file_name', i.file_name, 'stamp', i.file_updated_at, 'recipes', nullif(i.recipes, '{}'),
            'position', n.position, 'exclude', false
        ))
    from import_new_link n
    join image i on i.id = n.image_id
    join picture p on p.id = n.picture_id
)
insert into change (
    kind, product_id, image_id, revision, before, after, closes,
    actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    kind, product_id, image_id, revision, before, after,
    lead(image_id) over (partition by product_id order by image_id) is null,
    $1::text, $2::text, $3::text, $4::text, $5::text, $6::text
from told
order by product_id, image_id;
