-- name: next_job_id
-- A number that no job of the queue has, nor will have.
select nextval(pg_get_serial_sequence('pgqueuer', 'id'));

-- name: hold_long_job
-- Shows for as long as this session lasts that job $1 is worked at.
select pg_advisory_lock(7306, ($1::bigint % 2147483647)::integer);

-- name: long_job_is_held
-- Whether somebody works at job $1; else nobody begins to until this transaction ends.
select not pg_try_advisory_xact_lock(7306, ($1::bigint % 2147483647)::integer);

-- name: add_long_job
-- A job ($1) of a kind ($2) in a state ($3), with what was asked for ($4) and how much there is to do ($5). $6 to $11: who
-- asked for it, and the batch that its changes are.
insert into long_job (id, kind, state, asked, total, actor_kind, actor_id, actor_name, via, request_id, batch)
values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, $11);

-- name: advance_long_job
-- How much of job $1 is done ($2); whether it is to stop.
update long_job set done = $2, changed_at = now() where id = $1 returning is_to_stop;

-- name: end_long_job
-- Job $1 has come to an end ($2: the state), and why, if it failed ($3).
update long_job set state = $2, failure = $3, changed_at = now() where id = $1 and state in ('waiting', 'in_hand');

-- name: long_job
-- The job $1.
select
    id, kind, state, batch, actor_kind, actor_id, actor_name, via, request_id, asked, told, done, total, left_images, failure,
    is_to_stop, begun_at, changed_at
from long_job where id = $1;

-- name: work_under_way
-- Imports and commands that have not come to an end.
select id, batch, actor_kind, actor_id, actor_name, via from long_job
where kind in ('import', 'command') and state = 'in_hand' order by id limit 1000;

-- name: stop_long_job
-- Job $1 is to stop as soon as it can.
update long_job set is_to_stop = true where id = $1 and state in ('waiting', 'in_hand');

-- name: forget_long_jobs
-- Removes jobs that came to their end longer ago than $1.
delete from long_job where changed_at < now() - $1::interval and state not in ('waiting', 'in_hand');
