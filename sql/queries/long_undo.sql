-- name: batch_begins_before
-- Whether the first change of batch $1 of an actor ($2 and $3: kind and id) that can be undone is older than $4.
select coalesce((
    select at from change
    where batch = $1 and actor_kind = $2 and actor_id is not distinct from $3 and is_undoable(kind, via, before)
    order by id limit 1
) < now() - $4::interval, false);

-- name: conflicts_of_batch
-- The images of batch $1 of an actor ($2 and $3: kind and id) that were changed since, that are gone, or whose product is,
-- so many ($4).
select l.image_id
from (
    select image_id, max(revision) as revision from change
    where batch = $1 and actor_kind = $2 and actor_id is not distinct from $3 and image_id is not null
        and is_undoable(kind, via, before)
    group by image_id
) l
left join image i on i.id = l.image_id
left join product p on p.id = i.product_id
where i.id is null or i.revision <> l.revision or (
    p.deleted_at is not null and not exists (
        select from change c
        where c.product_id = p.id and c.batch = $1 and c.actor_kind = $2 and c.actor_id is not distinct from $3
            and c.kind = 'product.deleted'
    )
)
order by l.image_id
limit $4;

-- name: changed_pictures_of_batch
-- The pictures of which batch $1 of an actor ($2 and $3: kind and id) said something, and that are gone or others by now, so
-- many ($4).
select l.picture_id
from (
    select (before ->> 'picture')::bigint as picture_id, max(revision) as revision from change
    where batch = $1 and actor_kind = $2 and actor_id is not distinct from $3 and kind = 'picture.changed'
        and is_undoable(kind, via, before)
    group by 1
) l
left join picture p on p.id = l.picture_id
where p.id is null or p.revision <> l.revision
order by l.picture_id
limit $4;

-- name: undo_under_way
-- An undo of batch $1 of an actor ($2 and $3: kind and id) that has not come to its end.
select id from long_job
where kind = 'undo' and state in ('waiting', 'in_hand')
    and asked @> jsonb_build_object('batch', $1::text, 'kind', $2::text, 'id', $3::text)
order by id limit 1;

-- name: plan_long_undo
-- Divides the products of batch $2 of an actor ($3 and $4: kind and id) into slices of some $5 changes for the job $1. A
-- family is never divided: a variant does not come back before its parent. Families that images were moved between are one
-- slice, the first; what is of no product comes last.
with row as (
    select
        coalesce(c.product_id, 0) as product_id, coalesce(p.parent_id, c.product_id, 0) as family, c.kind,
        (c.before ->> 'product')::bigint as former
    from change c
    left join product p on p.id = c.product_id
    where c.batch = $2 and c.actor_kind = $3 and c.actor_id is not distinct from $4
        and is_undoable(c.kind, c.via, c.before)
), tied as (
    select family from row where kind = 'image.moved'
    union
    select coalesce(p.parent_id, r.former) from row r left join product p on p.id = r.former where r.kind = 'image.moved'
), product as (
    select product_id, family, count(*) as changes from row group by product_id, family
)
insert into long_job_product (job_id, slice, product_id, changes)
select
    $1::bigint,
    case
        when product_id = 0 then 9223372036854775807
        when family in (select family from tied) then 0
        else 1 + (sum(changes) over (order by family) / $5::bigint)::bigint
    end,
    product_id, changes
from product;

-- name: count_long_undo
-- How much there is to do of job $1.
update long_job set total = (select sum(changes) from long_job_product where job_id = $1) where id = $1;

-- name: next_slice
-- The next slice of job $1.
select slice, sum(changes) as changes from long_job_product where job_id = $1 group by slice order by slice limit 1;

-- name: slice_to_undo
-- What is to be undone of slice $2 of job $1, newest first; the batch is $3, of an actor ($4 and $5: kind and id).
select c.id, c.kind, c.image_id, c.product_id, c.revision, c.before, c.after
from long_job_product j
cross join lateral (
    select * from change c
    where j.product_id <> 0 and c.product_id = j.product_id and c.batch = $3
    union all
    select * from change c
    where j.product_id = 0 and c.batch = $3 and c.product_id is null
) c
where j.job_id = $1 and j.slice = $2 and c.actor_kind = $4 and c.actor_id is not distinct from $5
    and is_undoable(c.kind, c.via, c.before)
order by c.id desc;

-- name: hold_undo
-- The job $1, which nobody else works at until this transaction ends.
select batch, actor_kind, actor_id, actor_name, via, asked, told, is_to_stop from long_job
where id = $1 and state in ('waiting', 'in_hand')
for update;

-- name: end_slice
-- A slice ($2) of job $1 is done.
delete from long_job_product where job_id = $1 and slice = $2;

-- name: keep_outcome_of_slice
-- What came of a slice of job $1: how many changes it was ($2), what is told of the whole ($3), and the images that were left
-- ($4), of which ten thousand are named.
update long_job
set state = case when $2::bigint > 0 then 'in_hand' else state end, done = done + $2, told = $3::jsonb, left_images = (left_images || $4::bigint[])[1 : 10000],
    changed_at = now()
where id = $1;

-- name: undos_to_go_on
-- Undos that have come to no end and nobody worked at for longer than $1.
select id from long_job
where kind = 'undo' and state in ('waiting', 'in_hand') and changed_at < now() - $1::interval order by id limit 100;
