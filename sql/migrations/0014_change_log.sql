-- migrate:up

-- How many rows of the log speak of a thing itself: what moved only because another one came or went is none of them.
-- A version that does not know the log leaves them as they are.
alter table product add column revision bigint not null default 0; -- first, as all who write lock it first
alter table picture add column revision bigint not null default 0;
alter table image add column revision bigint not null default 0;
alter table image_set add column revision bigint not null default 0;

-- Who changed what, through whatever API, command or job; written by the transaction of the change, at its end and under
-- the locks of its products. The order is that of `id`; `transaction` only groups. There are no foreign keys to images
-- and products, which history outlives; `picture_id` is a picture that an image showed before, and keeps it from sweeps.
create sequence change_id_seq;
create table change (
    id bigint not null default nextval('change_id_seq') primary key,
    transaction bigint not null default (pg_current_xact_id()::text::bigint),
    at timestamptz not null default now(),
    actor_kind text not null,
    actor_id text,
    actor_name text,
    via text not null,
    request_id text,
    batch text,
    product_id bigint,
    image_id bigint,
    revision bigint,
    kind text not null check (kind ~ '^[a-z]+\.[a-z_]+$'),
    before jsonb,
    after jsonb,
    picture_id bigint references picture,
    closes boolean not null default false
) partition by range (id);
alter sequence change_id_seq owned by change.id;
create index change_by_image on change (image_id, revision) where image_id is not null;
create index change_by_product on change (product_id, id) where product_id is not null;
create index change_by_batch on change (batch, id) where batch is not null;
create index change_by_picture on change (picture_id) where picture_id is not null;

-- The last row that was removed for its age.
create table change_tidying (
    is_only boolean primary key default true check (is_only),
    forgotten_to bigint not null default 0
);
insert into change_tidying default values;

-- Makes room for the next rows, always some partitions ahead of them. What finds none, since nobody made any for long,
-- goes to the default one. Partitions begin behind all ids given, so that one never has to take rows of that.
create function add_change_partitions() returns void language plpgsql as $$
declare
    size constant bigint := 5000000;
    given bigint := (select last_value from change_id_seq);
    low bigint;
    name text;
begin
    if to_regclass('change_rest') is null then
        create table change_rest partition of change default;
    end if;
    for ahead in 0 .. 3 loop
        low := (given / size + ahead) * size;
        name := format('change_from_%s', low);
        continue when to_regclass(name) is not null or (low <= given and given > 1);
        execute format('create table %I (like change including defaults including constraints including indexes)', name);
        execute format('alter table change attach partition %I for values from (%s) to (%s)', name, low, low + size);
    end loop;
end
$$;
select add_change_partitions();

-- Ids are given before commits, so who reads rows in their order must know below which id none can appear any more. A
-- transaction that is about to draw ids holds, until it has ended, a lock that is named after the last one given: the
-- trigger comes before the first row's id. Locks are shared, nobody waits.
create function change_gate() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(7305, ((select last_value from change_id_seq) >> 4)::integer);
    return null;
end
$$;
create trigger gate before insert on change for each statement execute function change_gate();

create function tell_of_change() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_log', '');
    return null;
end
$$;
create trigger notify_insert after insert on change for each statement execute function tell_of_change();

-- Of an object's members those that differ from another's; of members that are objects themselves the members that do.
create function differing(these jsonb, those jsonb) returns jsonb language sql immutable as $$
    select jsonb_object_agg(key, case
        when jsonb_typeof(these -> key) = 'object' and jsonb_typeof(those -> key) = 'object' then (
            select jsonb_object_agg(inner_key, these -> key -> inner_key)
            from jsonb_object_keys((these -> key) || (those -> key)) as inner_key
            where these -> key -> inner_key is distinct from those -> key -> inner_key
        )
        else these -> key
    end)
    from jsonb_object_keys(these || those) as key
    where these -> key is distinct from those -> key
$$;

-- The live images of products as the log has them. Scopes are ids of store views, 0 the global one. `types`: held here,
-- or "none" in a store view where the image holds the type globally and not there. `nones` are the explicit ones of the
-- product, whoever held the type before.
create function image_states(products bigint[])
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

-- Products that are not deleted, sets of products, and what is said of pictures in the galleries of products.
create function product_states(products bigint[])
returns table (product_id bigint, revision bigint, is_new boolean, state jsonb) language sql stable as $$
    select p.id, p.revision, p.created_at = now(), jsonb_build_object(
        'sku', p.sku, 'slug', p.slug, 'name', p.name, 'parent', p.parent_id, 'enabled', p.enabled, 'visible', p.visible,
        'supports_images', p.supports_images, 'websites', array(
            select w.code from product_website pw join website w on w.id = pw.website_id
            where pw.product_id = p.id order by w.code
        )
    )
    from product p
    where p.id = any (products) and p.deleted_at is null
$$;

create function set_states(products bigint[])
returns table (set_id bigint, product_id bigint, revision bigint, state jsonb) language sql stable as $$
    select s.id, s.product_id, s.revision, jsonb_build_object(
        'set', s.id, 'name', s.name, 'locale', s.locale, 'key', s.key, 'pictures', array(
            select l.picture_id from image_set_link l where l.set_id = s.id order by l.sort_order, l.ordinal
        )
    )
    from image_set s
    where s.product_id = any (products)
$$;

create function picture_states(pictures bigint[])
returns table (picture_id bigint, revision bigint, state jsonb) language sql stable as $$
    select p.id, p.revision, jsonb_build_object(
        'picture', p.id, 'url_large', p.url_large, 'url_small', p.url_small, 'hash', encode(p.blob_hash, 'hex'),
        'texts', coalesce((
            select jsonb_object_agg(t.locale, jsonb_strip_nulls(jsonb_build_object('large', t.large, 'small', t.small)))
            from picture_text t where t.picture_id = p.id
        ), '{}')
    )
    from picture p
    where p.id = any (pictures)
$$;

-- The former trigger function asked for families even where a statement touched nothing.
create or replace function changed_products_of_rows() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform notify_families(families_of_products(array(select product_id from changed)));
    end if;
    return null;
end
$$;

-- migrate:down
create or replace function changed_products_of_rows() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(array(select product_id from changed)));
    return null;
end
$$;
drop function picture_states, set_states, product_states, image_states, differing;
drop table change_tidying, change;
drop function tell_of_change, change_gate, add_change_partitions;
alter table image_set drop column revision;
alter table picture drop column revision;
alter table product drop column revision;
alter table image drop column revision;
