-- migrate:up

-- The root product that a slug, a former slug or an id (null: none) names, in this order. One statement that is planned
-- as a part of the one that asks.
create function spree_root_product(slug text, id bigint) returns table (id bigint) language sql stable as $$
    select p.id
    from (
        select o.id, 0 as rank, 0::bigint as age from product o where o.slug = $1 and o.deleted_at is null
        union all
        select f.product_id, 1, -f.id from product_former_slug f where f.slug = $1
        union all
        select $2, 2, 0
    ) named
    join product p on p.id = named.id and p.parent_id is null and p.deleted_at is null
    order by named.rank, named.age
    limit 1
$$;

-- migrate:down
drop function spree_root_product;
