-- name: history
-- The log from its newest row on, those with ids below $1 alone (null: all), $2 of them that match, and on each row, or on a
-- single one without an id, how many were looked at and where that ended. $3 a batch, $4 kinds and $5 beginnings of kinds,
-- $6 id or name of who acted, $7 by what way, $8 since when; each null where it is no matter. $9: whether what administrators
-- did to credentials is shown, too. It looks at 5,000 rows at most.
with looked as materialized (
    select id, at
    from (
        (
            select c.id, c.at from change c
            where $3::text is null and c.id < coalesce($1::bigint, 9223372036854775807)
            order by c.id desc limit 5000
        )
        union all
        (
            select c.id, c.at from change c
            where c.batch = $3 and c.id < coalesce($1, 9223372036854775807)
            order by c.id desc limit 5000
        )
    ) by_either_way
), matching as (
    select m.*
    from looked l
    cross join lateral (
        select
            c.id, c.at, c.actor_kind, c.actor_id, c.actor_name, c.via, c.request_id, c.batch, c.product_id, p.sku, c.image_id,
            c.revision, c.kind, c.before, c.after
        from change c
        left join product p on p.id = c.product_id
        where c.id = l.id
        limit 1
    ) m
    where (($4::text[] is null and $5::text[] is null) or m.kind = any ($4) or m.kind like any ($5))
        and ($6::text is null or m.actor_id = $6 or m.actor_name = $6)
        and ($7::text is null or m.via = $7)
        and ($8::timestamptz is null or m.at >= $8)
        and ($9::boolean or not m.kind like any (array['key.%', 'webhook.%']))
    order by l.id desc
    limit $2
)
select
    (select count(*) from looked) as looked, (select min(id) from looked) as looked_to,
    (select max(at) from (select at from looked order by id limit 100) last) as looked_at, m.*
from (select) one
left join matching m on true
order by m.id desc;

-- name: history_of_image
-- The rows of image $1 from its newest revision on, those behind a revision and an id ($2 and $3) alone (null: all), $4 of
-- them.
select
    c.id, c.at, c.actor_kind, c.actor_id, c.actor_name, c.via, c.request_id, c.batch, c.product_id, p.sku, c.image_id,
    c.revision, c.kind, c.before, c.after
from change c
left join product p on p.id = c.product_id
where c.image_id = $1::bigint and c.revision <= coalesce($2::bigint, 9223372036854775807)
    and (c.revision < coalesce($2, 9223372036854775807) or c.id < coalesce($3::bigint, 9223372036854775807))
order by c.revision desc, c.id desc
limit $4;

-- name: history_of_product
-- The rows of a product ($1), its sets and its images from the newest on, those with ids below $2 alone (null: all), $3 of
-- them.
select
    c.id, c.at, c.actor_kind, c.actor_id, c.actor_name, c.via, c.request_id, c.batch, c.product_id, p.sku, c.image_id,
    c.revision, c.kind, c.before, c.after
from change c
left join product p on p.id = c.product_id
where c.product_id = $1::bigint and c.id < coalesce($2::bigint, 9223372036854775807)
order by c.id desc
limit $3;

-- name: change_of_log
-- The row of the log with the id $1.
select
    c.id, c.at, c.actor_kind, c.actor_id, c.actor_name, c.via, c.request_id, c.batch, c.product_id, p.sku, c.image_id,
    c.revision, c.kind, c.before, c.after
from change c
left join product p on p.id = c.product_id
where c.id = $1;

-- name: product_of_history
-- The product with the SKU $1; else the one that was deleted last of those that had it.
select id
from (
    select id, null::timestamptz as deleted_at from product where sku = $1 and deleted_at is null
    union all
    (select id, deleted_at from product where sku = $1 and deleted_at is not null order by deleted_at desc, id desc limit 1)
) of_sku
order by deleted_at nulls first
limit 1;

-- name: image_is_known
-- Whether there is an image $1, deleted or not.
select exists (select from image where id = $1);
