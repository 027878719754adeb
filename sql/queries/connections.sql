-- name: backends
-- The process that answers this, and of these ($1) those that there are, each with whether it works on a statement now.
-- What this user may not see of one (null) is taken for work.
select pg_backend_pid() as own, pid, coalesce(state, 'active') not like 'idle%' as is_at_work
from (select pg_backend_pid()) self
left join pg_stat_activity on pid = any ($1);
