-- migrate:up

-- What is told drops what every process keeps in memory, so of products only what differs is told: the families of those
-- that differ in anything; `addresses` where another product may answer to a name by now; `unknown` where only a name that
-- was unknown may be known by now. (A version that does not know the word drops everything.)
create function changed_products() returns trigger language plpgsql as $$
begin
    perform notify_families(array(
        select unnest(array[coalesce(former.parent_id, former.id), coalesce(changed.parent_id, changed.id)])
        from former join changed using (id)
        where former is distinct from changed
    ));
    if exists (
        select from former join changed using (id)
        where (former.sku, former.slug, former.parent_id, former.enabled, former.deleted_at is null)
            is distinct from (changed.sku, changed.slug, changed.parent_id, changed.enabled, changed.deleted_at is null)
    ) then
        perform pg_notify('catalogue_change', 'addresses');
    elsif exists (select from former join changed using (id) where former.visible <> changed.visible) then
        perform pg_notify('catalogue_change', 'unknown');
    end if;
    return null;
end
$$;

-- Whether a name of one of these products means, or meant until now, another one, too.
create function share_a_name(products bigint[]) returns boolean language sql stable as $$
    select exists (
        select from product p
        where p.id = any (products) and (
            p.sku ~ '^[0-9]+$' or p.slug ~ '^[0-9]+$'
            or exists (
                select from product o where o.sku_key = p.sku_key and o.id <> p.id and o.deleted_at is null
            )
            or exists (select from product_former_slug f where f.slug = p.slug and f.product_id <> p.id)
            or exists (select from product o where o.sku = p.id::text and o.deleted_at is null)
            or exists (select from product o where o.slug = p.id::text and o.deleted_at is null)
            or exists (select from product_former_slug f where f.slug = p.id::text)
        )
    )
$$;

create function added_products() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        perform notify_families(array(select coalesce(parent_id, id) from changed));
        perform pg_notify(
            'catalogue_change',
            case when share_a_name(array(select id from changed)) then 'addresses' else 'unknown' end
        );
    end if;
    return null;
end
$$;

create function changed_product_websites() returns trigger language plpgsql as $$
declare
    products bigint[] := array(select distinct product_id from changed);
begin
    if cardinality(products) > 0 then
        perform notify_families(families_of_products(products));
        if tg_op <> 'DELETE' then
            perform pg_notify('catalogue_change', case when share_a_name(products) then 'addresses' else 'unknown' end);
        end if;
    end if;
    return null;
end
$$;

drop trigger notify_update_from on product;
drop trigger notify_update_to on product;
create trigger notify_update after update on product referencing old table as former new table as changed
    for each statement execute function changed_products();
create or replace trigger notify_insert after insert on product referencing new table as changed
    for each statement execute function added_products();
create or replace trigger notify_insert after insert on product_website referencing new table as changed
    for each statement execute function changed_product_websites();
create or replace trigger notify_delete after delete on product_website referencing old table as changed
    for each statement execute function changed_product_websites();
create or replace trigger notify_update_from after update on product_website referencing old table as changed
    for each statement execute function changed_product_websites();
create or replace trigger notify_update_to after update on product_website referencing new table as changed
    for each statement execute function changed_product_websites();

-- migrate:down
create or replace trigger notify_update_to after update on product_website referencing new table as changed
    for each statement execute function changed_product_detail();
create or replace trigger notify_update_from after update on product_website referencing old table as changed
    for each statement execute function changed_product_detail();
create or replace trigger notify_delete after delete on product_website referencing old table as changed
    for each statement execute function changed_product_detail();
create or replace trigger notify_insert after insert on product_website referencing new table as changed
    for each statement execute function changed_product_detail();
create or replace trigger notify_insert after insert on product referencing new table as changed
    for each statement execute function changed_product();
drop trigger notify_update on product;
create trigger notify_update_to after update on product referencing new table as changed
    for each statement execute function changed_product();
create trigger notify_update_from after update on product referencing old table as changed
    for each statement execute function changed_product();
drop function changed_product_websites, added_products, share_a_name, changed_products;
