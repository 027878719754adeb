-- name: queue_depths
-- How many jobs of each kind wait, are in hand and failed for good, and for how long the oldest unfinished one
-- has been there, in seconds.
select
    entrypoint as kind,
    count(*) filter (where status = 'queued') as waiting,
    count(*) filter (where status = 'picked') as in_hand,
    count(*) filter (where status = 'failed') as failed,
    coalesce(extract(epoch from now() - min(created) filter (where status in ('queued', 'picked'))), 0)::float8
        as oldest_seconds
from pgqueuer
group by entrypoint
order by entrypoint;

-- name: job_failures
-- Jobs that failed for good, counted by kind and reason, the most frequent first.
select entrypoint as kind, reason, count(*)
from pgqueuer job
cross join lateral (
    select coalesce(traceback ->> 'exception_type', 'unknown') || ': ' || coalesce(traceback ->> 'exception_message', '')
        as reason
    from pgqueuer_log
    where job_id = job.id and status = 'failed'
    order by created desc
    limit 1
) last
where status = 'failed'
group by entrypoint, reason
order by count(*) desc, entrypoint, reason;

-- name: page_jobs
-- Jobs with ids beyond $1, of one state ($2; null: any), so many ($3). Of those whose payload is a blob's hash, with the key
-- of an edit or without, with images that show that, a hundred at most; of those that failed for good, with why.
select
    job.id, job.entrypoint as kind, job.status::text as status, job.payload, job.attempts, job.updated as since,
    array(
        select i.id
        from picture p join image i on i.picture_id = p.id and i.deleted_at is null
        where p.blob_hash = substring(job.payload for 32)
            and (length(job.payload) <= 32 or i.edit_key = encode(substring(job.payload from 33), 'hex'))
        order by i.id
        limit 100
    ) as images,
    last.code, last.detail
from pgqueuer job
left join lateral (
    select traceback ->> 'exception_type' as code, traceback ->> 'exception_message' as detail
    from pgqueuer_log
    where job_id = job.id and status = 'failed'
    order by created desc
    limit 1
) last on job.status = 'failed'
where job.id > $1 and job.status in ('queued', 'picked', 'failed') and ($2::text is null or job.status::text = $2)
order by job.id
limit $3;

-- name: forget_job_log
-- Removes the log of jobs that are done, a day after; that of failed ones stays as long as they do.
delete from pgqueuer_log log
where created < now() - interval '1 day'
    and not exists (select from pgqueuer job where job.id = log.job_id);

-- name: failed_jobs_to_retry
-- Jobs that failed for good, of one kind or (null) of any; one for each key, and none whose key is in the queue again.
select distinct on (coalesce(dedupe_key, id::text)) id
from pgqueuer job
where status = 'failed' and ($1::text is null or entrypoint = $1) and not exists (
    select from pgqueuer other where other.dedupe_key = job.dedupe_key and other.status in ('queued', 'picked')
)
order by coalesce(dedupe_key, id::text), id;

-- name: give_job_back
-- Lets a job ($1) that this runner ($2) has in hand wait again, for $3. The try counts unless ($4) something was merely
-- away; $5 is the record for the log. Nothing where another runner has taken it since.
with waiting as (
    update pgqueuer
    set status = 'queued', execute_after = now() + $3::interval, updated = now(), queue_manager_id = null,
        attempts = attempts + case when $4 then 0 else 1 end
    where id = $1 and status = 'picked' and queue_manager_id = $2
    returning id, entrypoint, priority
)
insert into pgqueuer_log (job_id, status, entrypoint, priority, traceback)
select id, 'queued', entrypoint, priority, $5::jsonb from waiting;
