-- migrate:up

-- Every change tells `catalogue_change` which families (root product ids) it touched, or `*` for everything,
-- or `accounts`. Statement-level triggers: any writer counts, and a bulk statement notifies once.
create function notify_families(families bigint[]) returns void language plpgsql as $$
declare
    distinct_families bigint[] := array(select distinct f from unnest(families) f where f is not null order by f);
    chunk integer := 300; -- 300 ids of 19 digits stay below the 8000 bytes of a payload
begin
    if cardinality(distinct_families) > 1000 then
        perform pg_notify('catalogue_change', '*');
        return;
    end if;
    for low in 1 .. cardinality(distinct_families) by chunk loop
        perform pg_notify('catalogue_change', array_to_string(distinct_families[low : low + chunk - 1], ','));
    end loop;
end
$$;

create function families_of_products(products bigint[]) returns bigint[] language sql stable as $$
    select array(select coalesce(parent_id, id) from product where id = any (products))
$$;

create function families_of_pictures(pictures bigint[]) returns bigint[] language sql stable as $$
    select families_of_products(array(
        select product_id from image where picture_id = any (pictures) and deleted_at is null
        union
        select s.product_id from image_set_link l join image_set s on s.id = l.set_id where l.picture_id = any (pictures)
    ))
$$;

create function changed_products_of_rows() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(array(select product_id from changed)));
    return null;
end
$$;

create function changed_image_store() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(
        array(select i.product_id from changed c join image i on i.id = c.image_id)));
    return null;
end
$$;

create function changed_set_link() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(
        array(select s.product_id from changed c join image_set s on s.id = c.set_id)));
    return null;
end
$$;

create function changed_picture() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_pictures(array(select id from changed)));
    return null;
end
$$;

create function changed_picture_text() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_pictures(array(select picture_id from changed)));
    return null;
end
$$;

create function changed_product() returns trigger language plpgsql as $$
begin
    perform notify_families(array(select coalesce(parent_id, id) from changed));
    perform pg_notify('catalogue_change', 'addresses');
    return null;
end
$$;

create function changed_product_detail() returns trigger language plpgsql as $$
begin
    perform notify_families(families_of_products(array(select product_id from changed)));
    perform pg_notify('catalogue_change', 'addresses');
    return null;
end
$$;

create function changed_path() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_change', 'paths');
    return null;
end
$$;

create function changed_everything() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_change', '*');
    return null;
end
$$;

create function changed_accounts() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_change', 'accounts');
    return null;
end
$$;

-- A trigger may see only one transition table under one name, hence one trigger per operation and side.
do $$
declare
    watched record;
begin
    for watched in
        select * from (values
            ('image', 'changed_products_of_rows'),
            ('image_store', 'changed_image_store'),
            ('image_type_assignment', 'changed_products_of_rows'),
            ('image_set', 'changed_products_of_rows'),
            ('image_set_link', 'changed_set_link'),
            ('picture', 'changed_picture'),
            ('picture_text', 'changed_picture_text'),
            ('product', 'changed_product'),
            ('product_former_slug', 'changed_product_detail'),
            ('product_website', 'changed_product_detail')
        ) as t (relation, handler)
    loop
        execute format('create trigger notify_insert after insert on %I referencing new table as changed
            for each statement execute function %I()', watched.relation, watched.handler);
        execute format('create trigger notify_delete after delete on %I referencing old table as changed
            for each statement execute function %I()', watched.relation, watched.handler);
        execute format('create trigger notify_update_from after update on %I referencing old table as changed
            for each statement execute function %I()', watched.relation, watched.handler);
        execute format('create trigger notify_update_to after update on %I referencing new table as changed
            for each statement execute function %I()', watched.relation, watched.handler);
    end loop;
    for watched in select unnest(array['website', 'store_view', 'image_type']) as relation loop
        execute format('create trigger notify_change after insert or update or delete on %I
            for each statement execute function changed_everything()', watched.relation);
    end loop;
    for watched in select unnest(array['api_key', 'oauth_consumer', 'oauth_token']) as relation loop
        execute format('create trigger notify_change after update or delete on %I
            for each statement execute function changed_accounts()', watched.relation);
    end loop;
end
$$;

create trigger notify_change after update on file_path for each statement execute function changed_path();

-- A path answers for ever: it may be withdrawn, never deleted or handed out again.
create function refuse_path_reuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'file path % is never deleted', old.path using errcode = 'restrict_violation';
    end if;
    if old.withdrawn_at is not null and new.withdrawn_at is null then
        raise exception 'file path % was withdrawn for ever', old.path using errcode = 'restrict_violation';
    end if;
    if old.path <> new.path or (new.blob_hash is not null and old.blob_hash <> new.blob_hash) then
        raise exception 'file path % never changes its bytes', old.path using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger refuse_path_reuse before update or delete on file_path
    for each row execute function refuse_path_reuse();

-- migrate:down
drop trigger refuse_path_reuse on file_path;
drop trigger notify_change on file_path;
do $$
declare
    watched record;
begin
    for watched in
        select tgname, tgrelid::regclass as relation from pg_trigger where tgname like 'notify\_%' and not tgisinternal
    loop
        execute format('drop trigger %I on %s', watched.tgname, watched.relation);
    end loop;
end
$$;
drop function changed_accounts, changed_everything, changed_path, changed_product_detail, changed_product,
    changed_picture_text, changed_picture, changed_set_link, changed_image_store, changed_products_of_rows,
    families_of_pictures, families_of_products, notify_families, refuse_path_reuse;
