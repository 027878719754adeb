-- name: keep_batch_open
-- A batch ($1) that a credential ($2 to $4: kind, id, name; $5: by what way) names by a header, as one to which something
-- may come.
insert into open_batch (batch, actor_kind, actor_id, actor_name, via) values ($1, $2, coalesce($3, ''), $4, $5)
on conflict (batch, actor_kind, actor_id) do update
set actor_name = excluded.actor_name, via = excluded.via, seen_at = greatest(open_batch.seen_at, now());

-- name: batches_to_finish
-- Batches that nobody has named for longer than $1.
select batch, actor_kind, actor_id, actor_name, via, seen_at from open_batch
where seen_at < now() - $1::interval order by seen_at limit 100;

-- name: close_batch
-- A batch that was seen last at $4 is open no more; nothing where it was seen again since, or somebody else was faster.
delete from open_batch where batch = $1 and actor_kind = $2 and actor_id = $3 and seen_at = $4;

-- name: batch_has_news
-- Whether something came to batch $1 of an actor ($2 and $3: kind and id) since its end was told last. What was done to
-- credentials is no matter for those who hear of it.
select exists (
    select from change c
    where c.batch = $1 and c.actor_kind = $2 and c.actor_id is not distinct from $3
        and c.kind <> 'batch.finished' and not c.kind like any (array['key.%', 'webhook.%'])
        and c.id > coalesce((
            select max(f.id) from change f
            where f.batch = $1 and f.actor_kind = $2 and f.actor_id is not distinct from $3 and f.kind = 'batch.finished'
        ), 0)
);

-- name: finish_batch
-- A row that tells the end of a batch ($6) of an actor ($1 and $2; $3 to $5: name, way, request), whether it came to its own
-- end ($7), and what is in it: how many changes, of which kinds, from which row to which.
insert into change (kind, after, actor_kind, actor_id, actor_name, via, request_id, batch)
select
    'batch.finished',
    jsonb_build_object(
        'changes', sum(number), 'kinds', jsonb_object_agg(kind, number), 'first', min(first), 'last', max(last),
        'complete', $7::boolean
    ),
    $1::text, $2::text, $3::text, $4::text, $5::text, $6::text
from (
    select kind, count(*) as number, min(id) as first, max(id) as last from change
    where batch = $6 and actor_kind = $1 and actor_id is not distinct from $2
        and kind <> 'batch.finished' and not kind like any (array['key.%', 'webhook.%'])
    group by kind
) of_kind
having count(*) > 0;
