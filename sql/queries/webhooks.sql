-- name: add_webhook
-- A webhook for the address $1, types $2, products whose SKUs begin with $3, described as $4, that begins behind row $5.
insert into webhook (url, types, sku_prefix, description, read_to, bulk_read_to) values ($1, $2::text[], $3, $4, $5, $5)
returning *;

-- name: change_webhook
-- The webhook $1 with another address, types, prefix and description.
update webhook set url = $2, types = $3::text[], sku_prefix = $4, description = $5 where id = $1;

-- name: enable_webhook
-- The webhook $1 is told again, of what happens behind row $2.
update webhook
set disabled_at = null, disabled_reason = null, read_to = $2, bulk_read_to = $2, failing_since = null, succeeded_at = null
where id = $1 and disabled_at is not null;

-- name: disable_webhook
-- The webhook $1 is told of nothing any more since $3, for the reason $2; what was on its way to it has failed.
with ended as (
    update webhook_delivery set state = 'failed', next_try_at = null where webhook_id = $1 and state = 'pending'
)
update webhook set disabled_at = $3, disabled_reason = $2, failing_since = null
where id = $1 and disabled_at is null;

-- name: remove_webhook
-- The webhook $1, and all that was on its way to it.
delete from webhook where id = $1;

-- name: webhooks_behind
-- The webhooks with ids beyond $1, $2 of them at most, in their order.
select * from webhook where id > $1 order by id limit $2;

-- name: webhook
-- The webhook $1.
select * from webhook where id = $1;

-- name: lock_webhook
-- The webhook $1, for a change of it.
select * from webhook where id = $1 for update;

-- name: add_webhook_secret
-- A secret for the webhook $1, sealed.
insert into webhook_secret (webhook_id, sealed) values ($1, $2);

-- name: end_webhook_secrets
-- Of the webhook $1 the secret that signs ends at $2, and those that were to end anyway end now.
with over as (delete from webhook_secret where webhook_id = $1 and ends_at is not null)
update webhook_secret set ends_at = $2 where webhook_id = $1 and ends_at is null;

-- name: webhook_secrets
-- What signs for the webhook $1 at $2, the newest first.
select sealed from webhook_secret where webhook_id = $1 and (ends_at is null or ends_at > $2) order by id desc;

-- name: sealed_webhook_secrets
-- All secrets of webhooks, for a change of the key that seals them.
select id::text as owner, 'webhook ' || webhook_id as seal, sealed as secret from webhook_secret order by id for update;

-- name: reseal_webhook
-- The secret $1, sealed anew.
update webhook_secret set sealed = $2 where id = $1::text::bigint;

-- name: hold_webhooks
-- The webhooks that are the process $1's to deliver, at $2 and for $3 from then on: those that it has already, and those
-- that nobody has. Of its own also those whose rows others lock for a moment.
with taken as (
    update webhook set holder = $1, held_until = $2::timestamptz + $3::interval
    where id = any (array(
        select id from webhook
        where holder is not distinct from $1 or held_until is null or held_until < $2
        order by id for update skip locked
    ))
    returning id
)
select id from taken
union
select id from webhook where holder = $1 and held_until > $2;

-- name: release_webhooks
-- The process $1 delivers nothing any more.
update webhook set holder = null, held_until = null where holder = $1;

-- name: webhook_rows
-- The rows of the log behind $1 up to $2, the first $3 of them at most, of which a webhook is told: of the kinds $4, with $5
-- all that close their product; of products whose SKUs begin with $6 (null: no matter). With $7 what comes in bulk, which is
-- what imports write and what a batch has beyond its first thousand changes (`is_beyond`), else the rest; of that beyond
-- the kinds $9 alone, and what closes a product. $8 at most.
-- Each tells to which id was looked, also the one that stands for none: $2 where that was all. (An offset of 0 and a limit
-- of 1 as in `event_rows`.)
with looked as materialized (
    select id, batch, actor_kind, actor_id from change where id > $1 and id <= $2 order by id limit $3
), reached as (
    select case when count(*) < $3 then greatest($1, $2) else max(id) end as looked_to from looked
), large as materialized (
    select
        d.*, (
            select b.id from change b
            where b.batch = d.batch and b.actor_kind = d.actor_kind and b.actor_id is not distinct from d.actor_id
            order by b.id offset 999 limit 1
        ) as thousandth
    from (select distinct batch, actor_kind, actor_id from looked where batch is not null) d
)
select r.looked_to, found.*
from reached r
left join lateral (
    select
        c.id, c.at, c.kind, c.product_id, p.sku, c.image_id, c.via, c.actor_name, c.actor_id, c.batch, c.before, c.after,
        c.closes, coalesce(c.id > l.thousandth, false) as is_beyond
    from (
        select * from change
        where id > $1 and id <= r.looked_to and (kind = any ($4::text[]) or (closes and product_id is not null and $5::boolean))
        order by id
        offset 0
    ) c
    left join large l
        on l.batch = c.batch and l.actor_kind = c.actor_kind and l.actor_id is not distinct from c.actor_id
    left join lateral (select sku from product where id = c.product_id limit 1) p on true
    where ($6::text is null or starts_with(p.sku, $6))
        and (c.via = 'import' or coalesce(c.id > l.thousandth, false)) = $7::boolean
        and (
            not coalesce(c.id > l.thousandth, false)
            or c.kind = any ($9::text[]) or (c.closes and c.product_id is not null and $5)
        )
    order by c.id
    limit $8
) found on true
order by found.id;

-- name: rows_of_changes
-- The rows $1 of the log.
select
    c.id, c.at, c.kind, c.product_id, p.sku, c.image_id, c.via, c.actor_name, c.actor_id, c.batch, c.before, c.after,
    c.closes, null::bigint as looked_to
from change c
left join product p on p.id = c.product_id
where c.id = any ($1::bigint[])
order by c.id;

-- name: queue_deliveries
-- Events for the webhook $1, one from each place of the arrays $2 to $6, at $7 and from then on.
insert into webhook_delivery (id, webhook_id, type, change_id, part, image_id, is_bulk, created_at, next_try_at)
select given.id, $1, given.type, given.change_id, given.part, given.image_id, $7, $8::timestamptz, $8
from unnest($2::text[], $3::text[], $4::bigint[], $5::integer[], $6::bigint[]) given (id, type, change_id, part, image_id)
on conflict (id) do nothing;

-- name: next_test
-- The number of the next event that tries whether the webhook $1 is told at all: behind those, too, that the version before
-- has sent, which counts none.
with recursive tried as (
    select tests + 1 as number from webhook where id = $1
    union all
    select t.number + 1 from tried t
    where exists (select from webhook_delivery d where d.id = 'wh' || $1::bigint || '_test_' || t.number)
)
update webhook set tests = (select max(number) from tried) where id = $1 returning tests;

-- name: pass_rows
-- The webhook $1 has read what people do up to $2, and what comes in bulk up to $3, if it is this process's ($4) still.
update webhook set read_to = $2, bulk_read_to = $3 where id = $1 and holder = $4 and disabled_at is null;

-- name: webhook_standing
-- What is on its way to the webhook $1: `untried`; tried first since $2, when something was taken last, or never was
-- (`suspect`); and how much of each kind.
select
    count(*) filter (where tried = 0) as untried,
    count(*) filter (where tried > 0 and ($2::timestamptz is null or first_tried_at > $2)) as suspect,
    count(*) filter (where tried = 0 and is_bulk) as untried_bulk
from webhook_delivery
where webhook_id = $1 and state = 'pending';

-- name: due_deliveries
-- What is to be tried of the webhook $1 at $2, $3 at most, without those in hand ($4); what people did comes first.
select id, type, change_id, part, body, tried, refused, first_tried_at from webhook_delivery
where webhook_id = $1 and state = 'pending' and next_try_at <= $2 and id <> all ($4::text[])
order by is_bulk, change_id, part
limit $3;

-- name: oldest_delivery
-- The oldest on its way to the webhook $1, if it is due at $2; one that was tried seven times gives way to the next.
select * from (
    select id, type, change_id, part, body, tried, refused, first_tried_at, next_try_at from webhook_delivery
    where webhook_id = $1 and state = 'pending'
    order by tried / 7, change_id, part
    limit 1
) oldest
where next_try_at <= $2;

-- name: traces_of_changes
-- The traces in which the changes $1 were made, of those that were made in one.
select id, trace from change where id = any ($1::bigint[]) and trace is not null;

-- name: keep_bodies
-- What is sent of the deliveries $1, which is $2 where nothing else was kept before.
update webhook_delivery d set body = coalesce(d.body, given.body)
from unnest($1::text[], $2::bytea[]) given (id, body) where d.id = given.id
returning d.id, d.body;

-- name: drop_deliveries
-- Deliveries of which nothing can be told any more.
update webhook_delivery set state = 'failed', next_try_at = null where id = any ($1::text[]);

-- name: delivery_done
-- The delivery $1 was taken at $2 by the try $3.
update webhook_delivery
set state = 'done', tries = tries || $3::jsonb, tried = tried + 1, first_tried_at = coalesce(first_tried_at, $2),
    next_try_at = null
where id = $1;

-- name: delivery_refused
-- The delivery $1 was not taken at $2 by the try $3. It is tried again at $4 (null: never), and $5 says whether it counts.
-- Of many tries the last twenty are kept.
update webhook_delivery
set tries = (
        select jsonb_agg(one order by place) from (
            select one, place from jsonb_array_elements(tries || $3::jsonb) with ordinality each (one, place)
            order by place desc limit 20
        ) last
    ),
    tried = tried + 1, refused = refused + $5::boolean::integer, first_tried_at = coalesce(first_tried_at, $2),
    next_try_at = $4, state = case when $4::timestamptz is null then 'failed' else state end
where id = $1;

-- name: webhook_took
-- The webhook $1 has taken something at $2. If it had taken nothing before, all else that it did not take is due: that is
-- so if what it has taken now it had refused before ($3), or if it had refused as many as $4.
with suspect as (
    select d.id from webhook_delivery d join webhook w on w.id = d.webhook_id
    where d.webhook_id = $1 and d.state = 'pending' and d.tried > 0 and w.failing_since is not null
        and d.first_tried_at > coalesce(w.succeeded_at, '-infinity')
), all_due as (
    update webhook_delivery d set next_try_at = $2 from suspect s
    where d.id = s.id and d.next_try_at > $2 and ($3::boolean or (select count(*) from suspect) >= $4::integer)
)
update webhook set succeeded_at = greatest(succeeded_at, $2::timestamptz), failing_since = null
where id = $1
    and (failing_since is not null or succeeded_at is null or succeeded_at < $2::timestamptz - interval '1 second');

-- name: webhook_refused
-- The webhook $1 has not taken something at $2: since when that is all it does, which begins anew where nothing is on its way
-- any more that it had refused before.
update webhook
set failing_since = case
    when exists (select from webhook_delivery where webhook_id = $1 and state = 'pending' and tried > 0)
    then coalesce(failing_since, $2::timestamptz)
    else $2
end
where id = $1
returning failing_since, succeeded_at;

-- name: page_deliveries
-- Deliveries of the webhook $1, the latest first, in the state $2 (null: any), before number $3 (null: all), $4 at most.
-- (Two ways, since one plan has to do for both: those in one state may be few of very many.)
select id, number, webhook_id, type, change_id, part, state, tries, next_try_at, created_at
from (
    (
        select * from webhook_delivery
        where $2::text is null and webhook_id = $1 and number < coalesce($3::bigint, 9223372036854775807)
        order by number desc limit $4::integer
    )
    union all
    (
        select * from webhook_delivery
        where state = $2 and webhook_id = $1 and number < coalesce($3, 9223372036854775807)
        order by number desc limit $4
    )
) either
order by number desc
limit $4;

-- name: resend_delivery
-- The delivery $1 of the webhook $2 is tried once more at $3, from the beginning.
update webhook_delivery
set state = 'pending', next_try_at = $3, refused = 0, tried = 0, first_tried_at = null
where id = $1 and webhook_id = $2
returning id, number, webhook_id, type, change_id, part, state, tries, next_try_at, created_at;

-- name: forget_deliveries
-- A thousand deliveries that ended, of more than that age.
delete from webhook_delivery where id = any (array(
    select id from webhook_delivery where state <> 'pending' and created_at < now() - $1::interval
    order by created_at limit 1000
));

-- name: scrub_deliveries
-- Of events about the images $1 neither what was sent is kept nor what was answered.
update webhook_delivery set body = null, tries = '[]' where image_id = any ($1::bigint[]);
