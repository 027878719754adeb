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

-- name: record_removal
-- A row that tells which renditions of a blob stop answering ($2: its kind), and under which names they may be held; none
-- where there is nothing of it. $3 to $8: who acts.
insert into change (kind, after, actor_kind, actor_id, actor_name, via, request_id, batch)
select
    $2, jsonb_build_object(
        'hash', encode(b.hash, 'hex'), 'format', b.format, 'marks', nullif(b.marks, ''),
        'names', array(
            select distinct i.file_name from picture p join image i on i.picture_id = p.id
            where p.blob_hash = b.hash and i.file_name is not null
        ),
        'recipes', array(select distinct r.recipe_hash from any_rendition r where r.blob_hash = b.hash)
    ),
    $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
from blob b
where b.hash = $1;
