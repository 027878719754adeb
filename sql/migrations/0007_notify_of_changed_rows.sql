-- migrate:up

-- A statement that touched no row changed nothing, and nobody is told of it: what is told drops what every process
-- keeps in memory.
create or replace function changed_product() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform notify_families(array(select coalesce(parent_id, id) from changed));
        perform pg_notify('catalogue_change', 'addresses');
    end if;
    return null;
end
$$;

create or replace function changed_product_detail() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform notify_families(families_of_products(array(select product_id from changed)));
        perform pg_notify('catalogue_change', 'addresses');
    end if;
    return null;
end
$$;

-- What a path serves changes only when it is withdrawn: a cleaning version takes another one's place only where that one
-- was never built, and so never sent.
create or replace function changed_path() returns trigger language plpgsql as $$
begin
    if exists (
        select from former f join changed c using (path) where f.withdrawn_at is null and c.withdrawn_at is not null
    ) then
        perform pg_notify('catalogue_change', 'paths');
    end if;
    return null;
end
$$;
create or replace trigger notify_change after update on file_path referencing old table as former new table as changed
    for each statement execute function changed_path();

create function removed_rendition() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform pg_notify('catalogue_change', 'paths');
    end if;
    return null;
end
$$;
create or replace trigger notify_delete after delete on rendition referencing old table as changed
    for each statement execute function removed_rendition();

-- migrate:down
create or replace function changed_path() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_change', 'paths');
    return null;
end
$$;
create or replace trigger notify_delete after delete on rendition for each statement execute function changed_path();
drop function removed_rendition;
create or replace trigger notify_change after update on file_path for each statement execute function changed_path();

create or replace function changed_product_detail() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(array(select product_id from changed)));
    perform pg_notify('catalogue_change', 'addresses');
    return null;
end
$$;

create or replace function changed_product() returns trigger language plpgsql as $$
begin
    perform notify_families(array(select coalesce(parent_id, id) from changed));
    perform pg_notify('catalogue_change', 'addresses');
    return null;
end
$$;
