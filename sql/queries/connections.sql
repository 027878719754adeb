-- name: backends
-- The process that answers this, and of these ($1) those that there are, each with whether it works on a statement now;
-- not where it waits for the rest of one of which all was sent ($2). What this user may not see of one (null) is taken
-- for work.
select
    pg_backend_pid() as own,
    pid,
    coalesce(state, 'active') not like 'idle%'
    and (wait_event is distinct from 'ClientRead' or pid <> all ($2)) as is_at_work
from (select pg_backend_pid()) self
left join pg_stat_activity on pid = any ($1);
