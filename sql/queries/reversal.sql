-- name: batch_is_of
-- Whether the actor of kind $2 and id $3 has something in a batch $1.
select exists (select from change where batch = $1 and actor_kind = $2 and actor_id is not distinct from $3);

-- name: actor_of_batch
-- Who has a batch $1, of those with this id or name ($2; null: any); `is_alone` where nobody else of them has one.
select
    f.actor_kind, f.actor_id,
    not exists (
        select from change c
        where c.batch = $1 and (c.actor_kind, c.actor_id) is distinct from (f.actor_kind, f.actor_id)
            and ($2::text is null or c.actor_id = $2 or c.actor_name = $2)
    ) as is_alone
from (
    select actor_kind, actor_id from change
    where batch = $1 and ($2::text is null or actor_id = $2 or actor_name = $2) order by id desc limit 1
) f;

-- name: batch_to_undo
-- What can be undone of batch $1 of an actor ($4 and $5: kind and id), newest first, and no more than $3 rows of it; whether
-- a row is older than $2.
select c.id, c.kind, c.image_id, c.product_id, c.revision, c.before, c.after, c.via, c.actor_kind, c.actor_id,
    c.at < now() - $2::interval as is_over
from change c
where c.batch = $1 and c.actor_kind = $4 and c.actor_id is not distinct from $5
    and is_undoable(c.kind, c.via, c.before)
order by c.id desc
limit $3;

-- name: change_to_undo
-- The same of one row of the log, of whatever kind.
select c.id, c.kind, c.image_id, c.product_id, c.revision, c.before, c.after, is_undoable(c.kind, c.via, c.before) as is_undoable, c.actor_kind, c.actor_id,
    c.at < now() - $2::interval as is_over
from change c
where c.id = $1;

-- name: image_changes_since
-- The rows of an image behind revision $2, newest first; whether a row is older than $3.
select c.id, c.kind, c.image_id, c.product_id, c.revision, c.before, c.after, c.actor_kind, c.actor_id,
    c.at < now() - $3::interval as is_over
from change c
where c.image_id = $1 and c.revision > $2
    and c.kind in ('image.created', 'image.updated', 'image.replaced', 'image.moved', 'image.deleted', 'image.restored')
order by c.revision desc, c.id desc;

-- name: images_to_revert
-- The images $1, deleted or not, once their products are held: those that were swept, or whose product was deleted, are
-- missing.
select i.id, i.revision, i.product_id, i.file_path, i.deleted_at is not null as is_deleted
from image i join product p on p.id = i.product_id and p.deleted_at is null
where i.id = any ($1::bigint[]);

-- name: lock_paths
-- Holds paths until the transaction ends; gives those that serve nothing and never will.
select path, blob_hash is null as is_gone from file_path where path = any ($1::text[]) order by path for update;

-- name: barred_hashes
-- Those of the hashes $1 (hexadecimal) that were purged, or that have no blob.
select hash from unnest($1::text[]) as asked (hash)
where exists (select from blob_barred b where b.hash = decode(asked.hash, 'hex'))
    or not exists (select from blob b where b.hash = decode(asked.hash, 'hex'));

-- name: gone_paths
-- Of the paths $1 those that serve nothing and never will.
select path from file_path where path = any ($1::text[]) and blob_hash is null;

-- name: serve_paths_again
-- Paths that were withdrawn serve what they served.
update file_path set withdrawn_at = null where path = any ($1::text[]) and withdrawn_at is not null and blob_hash is not null;

-- name: withdraw_paths
-- Takes back paths that no live image has. The caller holds them.
update file_path p set withdrawn_at = now()
where p.path = any ($1::text[]) and p.withdrawn_at is null
    and not exists (select from image i where i.file_path = p.path and i.deleted_at is null);

-- name: want_recipes_again
-- Recipes that images are promised again are built again, whenever they were retired.
update recipe set retired_at = null where hash = any ($1::text[]) and retired_at is not null;

-- name: release_types_of_images
-- Makes every type that these images hold, in whatever scope, an explicit "none".
update image_type_assignment set image_id = null where image_id = any ($1::bigint[]);

-- name: release_reverted_types
-- Of the images $1 that stay or go: types that an image holds and held not before, in the scopes that are told (null: all).
delete from image_type_assignment a
using jsonb_to_recordset($1::jsonb) as t (image bigint, scope integer, held text[])
where a.image_id = t.image and (t.scope is null or coalesce(a.store_view_id, 0) = t.scope) and a.type_code <> all (t.held);

-- name: forget_fresh_nones
-- Explicit "nones" of products that were not there before.
delete from image_type_assignment a
using jsonb_to_recordset($1::jsonb) as t (product bigint, scope integer, code text, is_none boolean)
where a.product_id = t.product and coalesce(a.store_view_id, 0) = t.scope and a.type_code = t.code and a.image_id is null
    and not t.is_none;

-- name: revert_images
-- Writes the members that are told of images, and whether they are in their gallery. Who shows another picture gets
-- another stamp. An image whose creation is undone no longer remembers from what it was imported.
update image i
set product_id = case when m ? 'product' then (m ->> 'product')::bigint else i.product_id end,
    picture_id = case when m ? 'picture' then (m ->> 'picture')::bigint else i.picture_id end,
    file_path = case when m ? 'path' then m ->> 'path' else i.file_path end,
    file_name = case when m ? 'file_name' then m ->> 'file_name' else i.file_name end,
    recipes = case
        when m ? 'recipes' then array(select jsonb_array_elements_text(nullif(m -> 'recipes', 'null'))) else i.recipes
    end,
    label = case when m ? 'label' then m ->> 'label' else i.label end,
    excluded = case when m ? 'exclude' then (m ->> 'exclude')::boolean else i.excluded end,
    file_updated_at = case
        when m ? 'stamp' and m -> 'stamp' = 'null' then null
        when (m ->> 'picture')::bigint <> i.picture_id
            then greatest(now(), coalesce(i.file_updated_at, (m ->> 'stamp')::timestamptz) + interval '1 second')
        else i.file_updated_at
    end,
    imported_picture_id = case when t.is_live then i.imported_picture_id end,
    deleted_at = case when t.is_live then null else now() end,
    updated_at = now()
from jsonb_to_recordset($1::jsonb) as t (image bigint, is_live boolean, members jsonb)
cross join lateral (select coalesce(t.members, '{}') as m) said
where i.id = t.image;

-- name: revert_store_values
-- What store views said of images: what they say (`says`), where they place it (`places`), in the scopes that are told.
with wanted as (
    select
        t.image, t.store,
        case when t.says then t.label else s.label end as label,
        case when t.says then t.exclude else s.excluded end as excluded,
        case when t.says then coalesce(t.hidden, false) else coalesce(s.hidden, false) end as hidden,
        case when t.places then t.position else s.position end as position
    from jsonb_to_recordset($1::jsonb) as t (
        image bigint, store integer, says boolean, places boolean, label text, exclude boolean, hidden boolean, position integer
    )
    join store_view v on v.id = t.store
    left join image_store s on s.image_id = t.image and s.store_view_id = t.store
), gone as (
    delete from image_store s using wanted w
    where s.image_id = w.image and s.store_view_id = w.store
        and not w.hidden and num_nonnulls(w.label, w.position, w.excluded) = 0
)
insert into image_store (image_id, store_view_id, label, position, excluded, hidden)
select image, store, label, position, excluded, hidden from wanted
where hidden or num_nonnulls(label, position, excluded) > 0
on conflict (image_id, store_view_id) do update
set label = excluded.label, position = excluded.position, excluded = excluded.excluded, hidden = excluded.hidden;

-- name: revert_nones
-- Explicit "nones" of products as they were before, where nobody has said anything else since.
insert into image_type_assignment (product_id, store_view_id, type_code, image_id)
select t.product, nullif(t.scope, 0), t.code, null::bigint
from jsonb_to_recordset($1::jsonb) as t (product bigint, scope integer, code text, is_none boolean)
where t.is_none and (t.scope = 0 or exists (select from store_view v where v.id = t.scope))
on conflict (product_id, store_view_id, type_code) do nothing;

-- name: assign_reverted_types
-- Types that images held before, where no other one holds them now.
insert into image_type_assignment as held (product_id, store_view_id, type_code, image_id)
select t.product, nullif(t.scope, 0), code, t.image
from jsonb_to_recordset($1::jsonb) as t (image bigint, product bigint, scope integer, held text[])
cross join lateral unnest(t.held) as code
where t.scope = 0 or exists (select from store_view v where v.id = t.scope)
on conflict (product_id, store_view_id, type_code) do update set image_id = excluded.image_id where held.image_id is null;

-- name: revert_places
-- Images stand where they stood: those that were told to, and those that only made way if they still stand where they
-- were put.
update image i set position = t.former, updated_at = now()
from jsonb_to_recordset($1::jsonb) as t (image bigint, former integer, put integer, is_set boolean)
where i.id = t.image and i.position is distinct from t.former
    and (t.is_set or (i.deleted_at is null and i.position is not distinct from t.put));

-- name: image_to_restore
-- An image of a product that is there, deleted or not, with its revision.
select i.revision, i.deleted_at is not null as is_deleted
from image i join product p on p.id = i.product_id and p.deleted_at is null
where i.id = $1;

-- name: products_to_revert
-- The products $1, which nobody changes meanwhile: whether each is deleted, longer ago than $2, what of its names another one
-- has by now, and whether its parent is deleted and none of these.
select
    p.id, p.sku, p.slug, p.revision, p.deleted_at is not null as is_deleted,
    coalesce(p.deleted_at < now() - $2::interval, false) as is_over,
    exists (select from product o where o.sku = p.sku and o.deleted_at is null and o.id <> p.id) as is_sku_taken,
    exists (select from product o where o.slug = p.slug and o.deleted_at is null and o.id <> p.id) as is_slug_taken,
    coalesce(r.deleted_at is not null and r.id <> all ($1), false) as is_orphan
from product p
left join product r on r.id = p.parent_id
where p.id = any ($1::bigint[])
order by p.id
for update of p;

-- name: restore_products
-- Products that were deleted are there again. The caller holds them.
update product set deleted_at = null where id = any ($1::bigint[]) and deleted_at is not null;

-- name: put_places_back_in_store
-- Writes the positions of several images in the store view $3 as they were; null: none. What says nothing any more goes.
-- A row that says something else comes whole: its check is asked before it is seen that the row is there.
with wanted as (
    select
        moved.id, s.label, moved.position, s.excluded, coalesce(s.hidden, false) as hidden,
        moved.position is null and not coalesce(s.hidden, false) and num_nonnulls(s.label, s.excluded) = 0 as is_empty
    from unnest($1::bigint[], $2::integer[]) as moved (id, position)
    left join image_store s on s.image_id = moved.id and s.store_view_id = $3::integer
), gone as (
    delete from image_store s using wanted w where s.image_id = w.id and s.store_view_id = $3 and w.is_empty
)
insert into image_store (image_id, store_view_id, label, position, excluded, hidden)
select id, $3, label, position, excluded, hidden from wanted where not is_empty
on conflict (image_id, store_view_id) do update set position = excluded.position;

-- name: kinds_left_of_batch
-- What of batch $1 of an actor ($2 and $3: kind and id) is not taken back, counted by kind.
select kind, count(*) as number from change
where batch = $1 and actor_kind = $2 and actor_id is not distinct from $3 and not is_undoable(kind, via, before)
    and kind not in ('batch.finished', 'image.ready', 'image.failed') and not kind like any (array['key.%', 'webhook.%'])
group by kind
order by kind;
