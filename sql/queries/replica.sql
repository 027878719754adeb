-- name: primary_standing
-- How far the primary has written its log, in bytes, flushed or not, on which timeline of which cluster, and which of its
-- databases this is: the log is of them all. Where that is behind
-- the header of a page on which nothing stands yet, no replica comes there: the page's beginning counts.
select
    at - case when at % pg_size_bytes(current_setting('wal_segment_size')) = 40 then 40
        when at % current_setting('wal_block_size')::bigint = 24 then 24 else 0 end as position,
    ('x' || left(pg_walfile_name(written), 8))::bit(32)::integer as timeline, system_identifier as cluster,
    (select oid::bigint from pg_database where datname = current_database()) as database
from pg_control_system(), (select pg_current_wal_insert_lsn() as written) as log, lateral (
    select (written - '0/0')::bigint as at
) as reckoned;

-- name: replica_standing
-- How far a replica has replayed that log, null where it is none, and whether it pauses. The timeline is that of what it
-- receives, where this user may see it, else that of its last checkpoint.
select
    case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0')::bigint end as position,
    pg_is_in_recovery() and pg_get_wal_replay_pause_state() <> 'not paused' as is_paused,
    coalesce((select received_tli from pg_stat_wal_receiver), timeline_id) as timeline, system_identifier as cluster,
    (select oid::bigint from pg_database where datname = current_database()) as database
from pg_control_checkpoint(), pg_control_system();
