-- name: image_states
-- What the images of the products $1 are before a change, for `record_image_changes`. The caller holds the products.
select coalesce(jsonb_agg(s), '[]')::text from image_states($1::bigint[]) s;

-- name: record_image_changes
-- One row for each image of the products $1 that differs from what it was ($2), and its next revision. That an image has
-- another position counts of the images $3 alone (null: of all): others only made way, of which the row of the first one
-- that did not tells (`places`: where each stood and where it was put). $4 to $9: who acts.
with former as (
    select * from jsonb_to_recordset($2::jsonb) as f (
        image_id bigint, product_id bigint, picture_id bigint, revision bigint, state jsonb, nones jsonb
    )
), pair as (
    select
        image_id, coalesce(n.product_id, f.product_id) as product_id, f.picture_id,
        f.state is null and n.is_new as is_created,
        coalesce(n.revision, f.revision) + (f.state is not null or not n.is_new)::integer as revision,
        f.state is not null and n.state is not null and $3::bigint[] is not null and image_id <> all ($3) as is_placeless,
        f.state as former, n.state as present, f.nones as former_nones, n.nones as present_nones
    from former f
    full join image_states($1::bigint[]) n using (image_id)
), made_way as (
    select jsonb_object_agg(image_id, jsonb_build_array(former -> 'position', present -> 'position')) as places from pair
    where is_placeless and former -> 'position' is distinct from present -> 'position'
), placed as (
    select
        image_id, product_id, picture_id, is_created, is_placeless, revision, former_nones, present_nones,
        case when is_placeless then former - '{position,positions}'::text[] else former end as former,
        case when is_placeless then present - '{position,positions}'::text[] else present end as present
    from pair
), differing as materialized (
    select
        d.*, former -> 'types' is distinct from present -> 'types' as has_other_types,
        (former -> 'picture', former -> 'hash') is distinct from (present -> 'picture', present -> 'hash') as has_other_file
    from placed d
    where former is distinct from present
), counted as (
    update image i set revision = d.revision from differing d where i.id = d.image_id and not d.is_created
), also as (
    select min(image_id) as teller, (select places from made_way) as places from differing where not is_placeless
)
insert into change (
    kind, product_id, image_id, revision, picture_id, before, after, closes,
    actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    case
        when is_created then 'image.created'
        when former is null then 'image.restored'
        when present is null then 'image.deleted'
        when has_other_file then 'image.replaced'
        when former -> 'product' <> present -> 'product' then 'image.moved'
        else 'image.updated'
    end,
    product_id, image_id, revision,
    case when former is not null and former -> 'picture' is distinct from present -> 'picture' then picture_id end,
    case
        when former is null then null
        when present is null then jsonb_strip_nulls(former)
        else differing(former, present)
    end || case when has_other_types and former_nones <> '{}' then jsonb_build_object('nones', former_nones) else '{}' end
        || case when present is null and image_id = teller and places is not null then jsonb_build_object('places', places) else '{}' end,
    case
        when present is null then null
        when former is null then jsonb_strip_nulls(present)
        else differing(present, former)
    end || case when has_other_types and present_nones <> '{}' then jsonb_build_object('nones', present_nones) else '{}' end
        || case when image_id = teller and places is not null then jsonb_build_object('places', places) else '{}' end,
    lead(image_id) over (partition by product_id order by image_id) is null,
    $4::text, $5::text, $6::text, $7::text, $8::text, $9::text
from differing, also
order by product_id, image_id
returning image_id;

-- name: record_image_creation
-- The row of the new image $2 of the product $1, none of whose other images became another one by it: as
-- `record_image_changes` writes it. $3 to $8: who acts.
insert into change (
    kind, product_id, image_id, revision, after, closes, actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    'image.created', product_id, image_id, revision,
    jsonb_strip_nulls(state) || case when nones <> '{}' then jsonb_build_object('nones', nones) else '{}' end,
    true, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text
from image_states(array[$1::bigint])
where image_id = $2;

-- name: record_rows
-- Rows of the log as they are given, one from each place of the arrays $1 to $6. $7 to $12: who acts.
insert into change (
    kind, product_id, image_id, revision, before, after, closes,
    actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    kind, product_id, image_id, revision, before, after,
    product_id is not null and lead(place) over (partition by product_id order by place) is null,
    $7::text, $8::text, $9::text, $10::text, $11::text, $12::text
from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::jsonb[], $6::jsonb[]) with ordinality
    as given (kind, product_id, image_id, revision, before, after, place)
order by place;

-- name: record_state
-- A row for each live image with the bytes $1 that shows them by the edit $11 (null: as they are), of which the kind $2 was
-- decided: $3 and $4 are the state before and after, and no change of the image itself. $5 to $10: who acts.
insert into change (
    kind, product_id, image_id, revision, before, after, closes,
    actor_kind, actor_id, actor_name, via, request_id, batch
)
select
    $2, i.product_id, i.id, i.revision, $3::jsonb, $4::jsonb,
    lead(i.id) over (partition by i.product_id order by i.id) is null,
    $5::text, $6::text, $7::text, $8::text, $9::text, $10::text
from picture p
join image i on i.picture_id = p.id and i.deleted_at is null
where p.blob_hash = $1 and i.edit_key is not distinct from $11::text
order by i.product_id, i.id;

-- name: release_pictures_of_changes
-- The next rows of the log, up to the first one that is younger than $1, keep their pictures no longer. Gives the last of
-- them; none where there are no more.
with former as (select released_to from change_tidying), slice as materialized (
    select id, at < now() - $1::interval as is_over from change
    where id > (select released_to from former) order by id limit 5000
), over as (
    select max(id) as last from slice
    where id < coalesce((select min(id) from slice where not is_over), 9223372036854775807)
), released as (
    update change c set picture_id = null from over
    where c.id > (select released_to from former) and c.id <= over.last and c.picture_id is not null
)
update change_tidying set released_to = greatest(released_to, over.last) from over where over.last is not null
returning released_to;

-- name: release_withdrawn_paths
-- A thousand paths that were withdrawn longer than $1 ago keep their bytes no longer.
update file_path set blob_hash = null, clean_recipe = null
where path = any (array(
    select path from file_path
    where withdrawn_at < now() - $1::interval and withdrawn_at is not null and blob_hash is not null
    order by withdrawn_at limit 1000
    for update skip locked
));

-- name: images_that_showed
-- The last of the next ten thousand rows behind $1, and the images that showed the bytes $2 (hexadecimal) by them.
with page as materialized (
    select id, image_id, before ->> 'hash' as former, after ->> 'hash' as later from change
    where id > $1 order by id limit 10000
)
select max(id) as last, array(
    select distinct image_id from page where image_id is not null and (former = $2::text or later = $2::text)
) as images
from page;

-- name: scrub_changes
-- Of the images $1 the log tells no more than that they were changed, when and by whom; of their paths it keeps the SHA-256.
-- Nothing of theirs can be restored any more: no picture is kept for it, and no path that was withdrawn.
with said as (
    select c.id, array_remove(array[c.before ->> 'path', c.after ->> 'path'], null) as paths from change c
    where c.image_id = any ($1::bigint[]) and not coalesce(c.before ? 'purged', false) and not coalesce(c.after ? 'purged', false)
), released as (
    update file_path set blob_hash = null, clean_recipe = null
    where path in (select unnest(paths) from said) and withdrawn_at is not null and blob_hash is not null
)
update change c
set picture_id = null, before = without_words(c.before), after = without_words(c.after)
from said where c.id = said.id;

-- name: images_ever_of_blob
-- The images that show a blob, deleted or not, and those that showed it and could be restored to it.
select array(
    select i.id from picture p join image i on i.picture_id = p.id where p.blob_hash = $1
    union
    select c.image_id from picture p join change c on c.picture_id = p.id where p.blob_hash = $1
);
