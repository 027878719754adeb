-- migrate:up

-- What is done to a picture on behalf of one image: {"rotate", "crop", "focal"}, absent where nothing is; and the key of
-- the edited picture that the image shows, null where its pixels are shown as they are. A version that does not know of
-- edits shows all images as they are, and leaves both alone: where it gives an image other bytes, of which no edited
-- picture of that key is known, these are shown as they are until a worker that does know has made one.
alter table image add column edit jsonb, add column edit_key text;
alter table image add constraint image_edit_is_an_object check (
    jsonb_typeof(edit) = 'object' and edit <> '{}' and (edit_key is null or edit is not null) and edit_key ~ '^[0-9a-f]{16}$'
) not valid;

-- Pictures as edits show them, by the bytes and the key of the edit, in which the marks that they carry have a part, too.
-- `edit` is what changes pixels; width and height are what is left of the picture, as it is seen. All others as of a blob.
create table edited_picture (
    blob_hash bytea not null references blob,
    key text not null check (key ~ '^[0-9a-f]{16}$'),
    edit jsonb not null,
    marks text not null check (marks ~ '^([0-9a-f]{16})?$'),
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    state text not null default 'processing' check (
        state in ('processing', 'ready', 'failed') and (state = 'failed') = (failure_code is not null)
    ),
    failure_code text,
    failure_detail text,
    thumbhash text check (thumbhash ~ '^[A-Za-z0-9+/=]{8,40}$'),
    color text check (color ~ '^#[0-9a-f]{6}$'),
    created_at timestamptz not null default now(),
    primary key (blob_hash, key)
);
create index edited_picture_not_ready on edited_picture (state, blob_hash, key) where state <> 'ready';

create table edited_rendition (
    blob_hash bytea not null,
    key text not null,
    recipe_hash text not null references recipe,
    format text not null check (format in ('jpeg', 'png', 'gif', 'webp', 'avif')),
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    size bigint not null check (size > 0),
    etag text not null,
    created_at timestamptz not null default now(),
    primary key (blob_hash, recipe_hash, format, key),
    constraint edited_rendition_of_an_edited_picture foreign key (blob_hash, key) references edited_picture
);
create index edited_rendition_by_recipe on edited_rendition (recipe_hash);

create table edited_rendition_failure (
    blob_hash bytea not null,
    key text not null,
    recipe_hash text not null references recipe,
    reason text not null,
    failed_at timestamptz not null default now(),
    primary key (blob_hash, key, recipe_hash),
    constraint edited_failure_of_an_edited_picture foreign key (blob_hash, key) references edited_picture
);

-- `marks` is what stands behind the hash in a rendition's URL: the key of an edit, or marks, or nothing.
create or replace view any_rendition as
select blob_hash, recipe_hash, format, ''::text as marks, size, etag, created_at from rendition
union all
select blob_hash, recipe_hash, format, marks, size, etag, created_at from marked_rendition
union all
select blob_hash, recipe_hash, format, key, size, etag, created_at from edited_rendition;

-- While the bytes of a blob are being removed, whose row is gone: the keys of its edits.
alter table blob_claim add column edits text[];

create trigger notify_delete after delete on edited_rendition referencing old table as changed
    for each statement execute function removed_rendition();
do $$
declare
    relation text;
begin
    foreach relation in array array['edited_rendition', 'edited_rendition_failure'] loop
        execute format('create trigger notify_native_insert after insert on %I referencing new table as changed
            for each statement execute function changed_renditions()', relation);
        execute format('create trigger notify_native_delete after delete on %I referencing old table as changed
            for each statement execute function changed_renditions()', relation);
        execute format('create trigger notify_native_update after update on %I referencing new table as changed
            for each statement execute function changed_renditions()', relation);
    end loop;
end
$$;

-- An image whose edited picture comes to be known only now shows another one in all documents.
create function added_edited_pictures() returns trigger language plpgsql as $$
declare
    products bigint[] := array(
        select i.product_id
        from changed c join picture p on p.blob_hash = c.blob_hash join image i on i.picture_id = p.id
        where i.edit_key = c.key and i.deleted_at is null
    );
begin
    if cardinality(products) > 0 then
        perform notify_families(families_of_products(products));
    end if;
    return null;
end
$$;
create trigger notify_insert after insert on edited_picture referencing new table as changed
    for each statement execute function added_edited_pictures();

-- As of blobs: the native API shows what became of it, and those are told who wait for it, by its hash and its key.
create function changed_edited_pictures() returns trigger language plpgsql as $$
declare
    seen bytea[] := array(
        select distinct c.blob_hash from former f join changed c using (blob_hash, key) where c is distinct from f
    );
    decided text[] := array(
        select encode(c.blob_hash, 'hex') || '-' || c.key from former f join changed c using (blob_hash, key)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(seen) > 0 then
        perform notify_native(seen);
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', picture) from unnest(decided) as picture;
    end if;
    return null;
end
$$;
create trigger notify_change after update on edited_picture referencing old table as former new table as changed
    for each statement execute function changed_edited_pictures();

-- The log tells of edits, too. Without one a state says nothing of it, as states of before do: what a transaction read
-- before this migration and after it would differ else.
create or replace function image_states(products bigint[])
returns table (image_id bigint, product_id bigint, picture_id bigint, revision bigint, is_new boolean, state jsonb, nones jsonb)
language sql stable as $$
    select
        i.id, i.product_id, i.picture_id, i.revision, i.created_at = now(),
        jsonb_build_object(
            'product', i.product_id, 'picture', i.picture_id, 'hash', encode(p.blob_hash, 'hex'), 'path', i.file_path,
            'file_name', i.file_name, 'stamp', i.file_updated_at, 'recipes', i.recipes, 'label', i.label,
            'position', i.position, 'exclude', i.excluded, 'types', t.types,
            'stores', coalesce(s.stores, '{}'), 'positions', coalesce(s.positions, '{}')
        ) || case when i.edit is null then '{}' else jsonb_build_object('edit', i.edit) end,
        t.nones
    from image i
    join picture p on p.id = i.picture_id
    cross join lateral (
        select
            jsonb_object_agg(o.store_view_id, jsonb_strip_nulls(jsonb_build_object(
                'label', o.label, 'exclude', o.excluded, 'hidden', nullif(o.hidden, false)
            ))) filter (where o.hidden or num_nonnulls(o.label, o.excluded) > 0) as stores,
            jsonb_object_agg(o.store_view_id, o.position) filter (where o.position is not null) as positions
        from image_store o
        where o.image_id = i.id
    ) s
    cross join lateral (
        select
            coalesce(jsonb_object_agg(scope, types) filter (where types <> '{}'), '{}') as types,
            coalesce(jsonb_object_agg(scope, nones) filter (where nones <> '[]'), '{}') as nones
        from (
            select
                coalesce(a.store_view_id, 0) as scope,
                coalesce(jsonb_object_agg(a.type_code, case when a.image_id = i.id then 'held' else 'none' end) filter (
                    where a.image_id = i.id or a.store_view_id is not null and exists (
                        select from image_type_assignment g
                        where g.product_id = i.product_id and g.store_view_id is null and g.type_code = a.type_code
                            and g.image_id = i.id
                    )
                ), '{}') as types,
                coalesce(jsonb_agg(a.type_code order by a.type_code) filter (where a.image_id is null), '[]') as nones
            from image_type_assignment a
            where a.product_id = i.product_id
            group by a.store_view_id
        ) of_scope
    ) t
    where i.product_id = any (products) and i.deleted_at is null
$$;

-- migrate:down
create or replace function image_states(products bigint[])
returns table (image_id bigint, product_id bigint, picture_id bigint, revision bigint, is_new boolean, state jsonb, nones jsonb)
language sql stable as $$
    select
        i.id, i.product_id, i.picture_id, i.revision, i.created_at = now(),
        jsonb_build_object(
            'product', i.product_id, 'picture', i.picture_id, 'hash', encode(p.blob_hash, 'hex'), 'path', i.file_path,
            'file_name', i.file_name, 'stamp', i.file_updated_at, 'recipes', i.recipes, 'label', i.label,
            'position', i.position, 'exclude', i.excluded, 'types', t.types,
            'stores', coalesce(s.stores, '{}'), 'positions', coalesce(s.positions, '{}')
        ),
        t.nones
    from image i
    join picture p on p.id = i.picture_id
    cross join lateral (
        select
            jsonb_object_agg(o.store_view_id, jsonb_strip_nulls(jsonb_build_object(
                'label', o.label, 'exclude', o.excluded, 'hidden', nullif(o.hidden, false)
            ))) filter (where o.hidden or num_nonnulls(o.label, o.excluded) > 0) as stores,
            jsonb_object_agg(o.store_view_id, o.position) filter (where o.position is not null) as positions
        from image_store o
        where o.image_id = i.id
    ) s
    cross join lateral (
        select
            coalesce(jsonb_object_agg(scope, types) filter (where types <> '{}'), '{}') as types,
            coalesce(jsonb_object_agg(scope, nones) filter (where nones <> '[]'), '{}') as nones
        from (
            select
                coalesce(a.store_view_id, 0) as scope,
                coalesce(jsonb_object_agg(a.type_code, case when a.image_id = i.id then 'held' else 'none' end) filter (
                    where a.image_id = i.id or a.store_view_id is not null and exists (
                        select from image_type_assignment g
                        where g.product_id = i.product_id and g.store_view_id is null and g.type_code = a.type_code
                            and g.image_id = i.id
                    )
                ), '{}') as types,
                coalesce(jsonb_agg(a.type_code order by a.type_code) filter (where a.image_id is null), '[]') as nones
            from image_type_assignment a
            where a.product_id = i.product_id
            group by a.store_view_id
        ) of_scope
    ) t
    where i.product_id = any (products) and i.deleted_at is null
$$;
drop table edited_rendition_failure;
drop view any_rendition;
create view any_rendition as
select blob_hash, recipe_hash, format, ''::text as marks, size, etag, created_at from rendition
union all
select blob_hash, recipe_hash, format, marks, size, etag, created_at from marked_rendition;
drop table edited_rendition, edited_picture;
drop function changed_edited_pictures, added_edited_pictures;
alter table blob_claim drop column edits;
alter table image drop column edit_key, drop column edit;
