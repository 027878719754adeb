-- migrate:up

-- What products are found by as one types: SKU, slug and the words of the name, folded by the service, since collations
-- fold differently from server to server. Who writes a product writes its terms; those of a deleted one stay, for it may
-- come back. (No foreign key: products are never removed.)
create table product_term (
    term text collate "C" not null check (term <> ''),
    product_id bigint not null,
    primary key (term, product_id)
);
create index product_term_by_product on product_term (product_id, term);

-- Products, by ranges of their ids, whose terms have yet to be folded: those of before, and those that somebody writes
-- who folds nothing, be it the version before or a person. The worker does so, slice by slice.
create table product_to_fold (
    id bigint generated always as identity primary key,
    first bigint not null,
    last bigint not null,
    check (first <= last)
);

create function note_products_to_fold(products bigint[]) returns void language plpgsql as $$
begin
    if current_setting('product_images.folds', true) is distinct from 'yes' then
        insert into product_to_fold (first, last)
        select min(id), max(id)
        from (select id, id - row_number() over (order by id) as island from unnest(products) id) numbered
        group by island;
    end if;
end
$$;

create function note_added_products() returns trigger language plpgsql as $$
begin
    perform note_products_to_fold(array(select id from changed));
    return null;
end
$$;
create trigger note_added after insert on product referencing new table as changed
    for each statement execute function note_added_products();

create function note_renamed_products() returns trigger language plpgsql as $$
begin
    perform note_products_to_fold(array(
        select id from former join changed using (id)
        where (former.sku, former.slug, former.name) is distinct from (changed.sku, changed.slug, changed.name)
    ));
    return null;
end
$$;
create trigger note_renamed after update on product referencing old table as former new table as changed
    for each statement execute function note_renamed_products();

insert into product_to_fold (first, last) select min(id), max(id) from product having count(*) > 0;

-- What a product lacks, in the words of the native API: a picture; a label in a store view, of any image that is shown
-- there; an image for a type. A product without images lacks `image` alone, one that can have none lacks nothing.
create function product_lacks(product bigint) returns table (what text) language sql stable as $$
    select 'image'
    from product p
    where p.id = $1 and p.supports_images
        and not exists (select from image i where i.product_id = $1 and i.deleted_at is null)
    union all
    select 'label:' || s.code
    from store_view s
    where exists (
        select from image i
        left join image_store o on o.image_id = i.id and o.store_view_id = s.id
        where i.product_id = $1 and i.deleted_at is null
            and not coalesce(o.excluded, i.excluded, false) and not coalesce(o.hidden, false)
            and coalesce(nullif(o.label, ''), nullif(i.label, '')) is null
    )
    union all
    select 'type:' || t.code
    from image_type t
    where exists (select from image i where i.product_id = $1 and i.deleted_at is null)
        and not exists (
            select from image_type_assignment a
            where a.product_id = $1 and a.store_view_id is null and a.type_code = t.code and a.image_id is not null
        )
$$;

-- Of these families only the documents of the native API changed, which show what has become of a picture; those of
-- other APIs, whose URLs are promised from the beginning, stay. (A version that does not know the word drops everything.)
create function notify_native(blobs bytea[]) returns void language plpgsql as $$
declare
    families bigint[] := families_of_pictures(array(select id from picture where blob_hash = any (blobs)));
    chunk constant integer := 300;
begin
    if cardinality(families) > 1000 then
        perform pg_notify('catalogue_change', '*');
        return;
    end if;
    for low in 1 .. cardinality(families) by chunk loop
        perform pg_notify('catalogue_change', 'native:' || array_to_string(families[low : low + chunk - 1], ','));
    end loop;
end
$$;

create function changed_renditions() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform notify_native(array(select distinct blob_hash from changed));
    end if;
    return null;
end
$$;
do $$
declare
    relation text;
begin
    foreach relation in array array['rendition', 'marked_rendition', 'rendition_failure', 'marked_rendition_failure'] loop
        execute format('create trigger notify_native_insert after insert on %I referencing new table as changed
            for each statement execute function changed_renditions()', relation);
        execute format('create trigger notify_native_delete after delete on %I referencing old table as changed
            for each statement execute function changed_renditions()', relation);
        execute format('create trigger notify_native_update after update on %I referencing new table as changed
            for each statement execute function changed_renditions()', relation);
    end loop;
end
$$;

-- A picture's URLs, which all documents show, change with its marks; its state and its notes are the native API's alone.
create or replace function changed_blobs() returns trigger language plpgsql as $$
declare
    marked bytea[] := array(
        select c.hash from former f join changed c using (hash) where c.marked_at is distinct from f.marked_at
    );
    seen bytea[] := array(
        select c.hash from former f join changed c using (hash)
        where (c.state, c.failure_code, c.failure_detail, c.notes)
            is distinct from (f.state, f.failure_code, f.failure_detail, f.notes)
    );
    decided text[] := array(
        select encode(c.hash, 'hex') from former f join changed c using (hash)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(marked) > 0 then
        perform notify_families(families_of_pictures(array(select id from picture where blob_hash = any (marked))));
    end if;
    if cardinality(seen) > 0 then
        perform notify_native(seen);
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', hash) from unnest(decided) as hash;
    end if;
    return null;
end
$$;

-- migrate:down
create or replace function changed_blobs() returns trigger language plpgsql as $$
declare
    seen bytea[] := array(
        select c.hash from former f join changed c using (hash)
        where (c.marked_at, c.state) is distinct from (f.marked_at, f.state)
    );
    decided text[] := array(
        select encode(c.hash, 'hex') from former f join changed c using (hash)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(seen) > 0 then
        perform notify_families(families_of_pictures(array(select id from picture where blob_hash = any (seen))));
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', hash) from unnest(decided) as hash;
    end if;
    return null;
end
$$;
do $$
declare
    watched record;
begin
    for watched in
        select tgname, tgrelid::regclass as relation from pg_trigger where tgname like 'notify\_native%'
    loop
        execute format('drop trigger %I on %s', watched.tgname, watched.relation);
    end loop;
end
$$;
drop function changed_renditions, notify_native;
drop function product_lacks;
drop trigger note_renamed on product;
drop trigger note_added on product;
drop function note_renamed_products, note_added_products, note_products_to_fold;
drop table product_to_fold, product_term;
