-- name: product_states
-- What the products $1 are before a change, for `record_product_changes`. The caller holds them.
select coalesce(jsonb_agg(s), '[]')::text from product_states($1::bigint[]) s;

-- name: record_product_changes
-- One row for each of the products $1 that differs from what it was ($2), and its next revision. $3 to $8: who acts.
with former as (
    select * from jsonb_to_recordset($2::jsonb) as f (product_id bigint, revision bigint, state jsonb)
), differing as materialized (
    select
        product_id, f.state is null and n.is_new as is_created,
        coalesce(n.revision, f.revision) + (f.state is not null or not n.is_new)::integer as revision,
        f.state as former, n.state as present
    from former f
    full join product_states($1::bigint[]) n using (product_id)
    where f.state is distinct from n.state
), counted as (
    update product p set revision = d.revision from differing d where p.id = d.product_id and not d.is_created
)
insert into change (
    kind, product_id, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    case
        when is_created then 'product.created'
        when former is null then 'product.restored'
        when present is null then 'product.deleted'
        else 'product.updated'
    end,
    product_id, revision,
    case when present is null then jsonb_strip_nulls(former) else differing(former, present) end,
    case when former is null then jsonb_strip_nulls(present) else differing(present, former) end,
    true, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
from differing
order by product_id;

-- name: set_states
-- What the sets of the products $1 are before a change, for `record_set_changes`. The caller holds the products.
select coalesce(jsonb_agg(s), '[]')::text from set_states($1::bigint[]) s;

-- name: record_set_changes
-- One row for each set of the products $1 that differs from what it was ($2). $3 to $8: who acts.
with former as (
    select * from jsonb_to_recordset($2::jsonb) as f (set_id bigint, product_id bigint, revision bigint, state jsonb)
), differing as materialized (
    select
        set_id, coalesce(n.product_id, f.product_id) as product_id, coalesce(n.revision, f.revision) + 1 as revision,
        f.state as former, n.state as present
    from former f
    full join set_states($1::bigint[]) n using (set_id)
    where f.state is distinct from n.state
), counted as (
    update image_set s set revision = d.revision from differing d where s.id = d.set_id
)
insert into change (
    kind, product_id, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    case when present is null then 'set.removed' else 'set.changed' end, product_id, revision,
    case
        when present is null then jsonb_strip_nulls(former)
        else differing(former, present) || jsonb_build_object('set', set_id, 'name', former -> 'name')
    end,
    case
        when former is null then jsonb_strip_nulls(present)
        else differing(present, former) || jsonb_build_object('set', set_id, 'name', present -> 'name')
    end,
    lead(set_id) over (partition by product_id order by set_id) is null,
    $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
from differing
order by product_id, set_id;

-- name: picture_states
-- What the pictures $1 are before a change, for `record_picture_changes`.
select coalesce(jsonb_agg(s), '[]')::text from picture_states($1::bigint[]) s;

-- name: record_picture_changes
-- One row for each of the pictures $1 that differs from what it was ($2), wherever it is shown. $3 to $8: who acts.
with former as (
    select * from jsonb_to_recordset($2::jsonb) as f (picture_id bigint, revision bigint, state jsonb)
), differing as materialized (
    select picture_id, n.revision + 1 as revision, f.state as former, n.state as present
    from former f
    join picture_states($1::bigint[]) n using (picture_id)
    where f.state is distinct from n.state
), counted as (
    update picture p set revision = d.revision from differing d where p.id = d.picture_id
)
insert into change (kind, revision, before, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch)
select
    'picture.changed', revision, differing(former, present) || jsonb_build_object('picture', picture_id),
    differing(present, former) || jsonb_build_object('picture', picture_id), true, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
from differing
order by picture_id;

-- name: catalogue_state
-- What all store views and image types are before a change, for `record_catalogue_change`.
select jsonb_build_object(
    'stores', coalesce((
        select jsonb_object_agg(s.id, jsonb_build_object(
            'code', s.code, 'locale', s.locale, 'website', w.code, 'active', s.active, 'default', s.is_default
        ))
        from store_view s join website w on w.id = s.website_id
    ), '{}'),
    'image_types', (select jsonb_object_agg(code, rank) from image_type)
)::text;

-- name: record_catalogue_change
-- A row if store views and image types, which are $2 now, are other ones than before ($1). $3 to $8: who acts.
insert into change (kind, before, after, actor_kind, actor_id, actor_name, via, request_id, batch)
select
    'catalogue.changed', differing($1::jsonb, $2::jsonb), differing($2::jsonb, $1::jsonb),
    $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
where $1::jsonb <> $2::jsonb;

-- name: held_of_blob
-- What caches may hold of a blob: its renditions by every recipe that there is, under every name that images with its
-- pictures have or had, and its paths. Null where there is no such blob.
select jsonb_build_object(
    'hash', encode(b.hash, 'hex'), 'format', b.format, 'marks', nullif(b.marks, ''),
    'edits', array(select e.key from edited_picture e where e.blob_hash = b.hash order by e.key),
    'names', array(
        select i.file_name from picture p join image i on i.picture_id = p.id
        where p.blob_hash = b.hash and i.file_name is not null
        union
        select said ->> 'file_name' from picture p
        join image i on i.picture_id = p.id
        join change c on c.image_id = i.id
        cross join unnest(array[c.before, c.after]) said
        where p.blob_hash = b.hash and said ->> 'file_name' is not null
        union
        select c.before ->> 'file_name' from picture p join change c on c.picture_id = p.id
        where p.blob_hash = b.hash and c.before ->> 'file_name' is not null
        limit 1000
    ),
    'pictures', array(select p.id from picture p where p.blob_hash = b.hash order by p.id limit 1000),
    'paths', array(select f.path from file_path f where f.blob_hash = b.hash order by f.path limit 1000),
    'images', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', i.id,
            'names', (
                select coalesce(jsonb_agg(distinct name), '[]')
                from (
                    select i.file_name as name
                    union select said ->> 'file_name' from change c cross join unnest(array[c.before, c.after]) said
                    where c.image_id = i.id
                ) called
                where name is not null
            ),
            'stamps', (
                select coalesce(jsonb_agg(distinct floor(extract(epoch from stamp))::bigint), '[]')
                from (
                    select i.file_updated_at as stamp
                    union select (said ->> 'stamp')::timestamptz
                    from change c cross join unnest(array[c.before, c.after]) said where c.image_id = i.id
                ) had
                where stamp is not null
            )
        )), '[]')
        from (
            select i.* from picture p join image i on i.picture_id = p.id where p.blob_hash = b.hash order by i.id limit 1000
        ) i
    ),
    'recipes', array(select distinct r.recipe_hash from any_rendition r where r.blob_hash = b.hash),
    'slugs', array(select r.name || '-' || r.hash from recipe r order by r.name, r.hash)
)::text
from blob b
where b.hash = $1;

-- name: held_of_blobs
-- Of the blobs $1 their formats, marks, and the names under which caches may hold their renditions, as `held_of_blob`.
select
    b.hash, b.format, nullif(b.marks, '') as marks,
    array(
        select i.file_name from picture p join image i on i.picture_id = p.id
        where p.blob_hash = b.hash and i.file_name is not null
        union
        select c.before ->> 'file_name' from picture p join change c on c.picture_id = p.id
        where p.blob_hash = b.hash and c.before ->> 'file_name' is not null
        limit 100
    ) as names,
    array(select p.id from picture p where p.blob_hash = b.hash order by p.id limit 100) as pictures
from blob b
where b.hash = any ($1::bytea[]);

-- name: slugs_of_recipes
-- Of recipes $1 what URLs call them.
select hash, name || '-' || hash as slug from recipe where hash = any ($1::text[]);

-- name: record_removal
-- A row of the kind $1 that tells what stops answering ($2). $3 to $8: who acts.
insert into change (kind, after, actor_kind, actor_id, actor_name, via, request_id, batch)
values ($1, $2::jsonb, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text);
