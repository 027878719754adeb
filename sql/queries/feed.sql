-- name: last_change
-- The last id that was given to a row of the log, whether or not its transaction has ended.
select last_value - (not is_called)::integer from change_id_seq;

-- name: first_open_change
-- Below which id no transaction that is under way can write a row of the log any more; null where none is about to. Asked
-- after `last_change`, and before rows are read, each in a statement of its own.
select min(objid::bigint << 4) from pg_locks
where locktype = 'advisory' and classid = 7305 and objsubid = 2
    and database = (select oid from pg_database where datname = current_database());

-- name: changes_behind
-- The rows of the log behind $1 up to $2, $3 of them at most.
select * from change where id > $1 and id <= $2 order by id limit $3;

-- name: change_log_ends
-- The last row that was removed for its age.
select forgotten_to from change_tidying;

-- name: add_change_partitions
-- Makes room for rows that are to come.
select add_change_partitions();

-- name: pass_old_partitions
-- Partitions whose last row is older than $1, and that get no further one, count as removed as a whole.
with part as (
    select substring(c.relname from '[0-9]+$')::bigint + 5000000 as high
    from pg_inherits h join pg_class c on c.oid = h.inhrelid
    where h.inhparent = 'change'::regclass and c.relname ~ '^change_from_[0-9]+$'
), passed as (
    select max(high) - 1 as last from part p
    where high <= (select last_value from change_id_seq)
        and (select at from change where id < p.high order by id desc limit 1) < now() - $1::interval
)
update change_tidying set forgotten_to = last from passed where last > forgotten_to;

-- name: drop_passed_partitions
-- Drops the partitions of which all counts as removed.
do $$
declare
    name text;
begin
    for name in
        select c.relname
        from pg_inherits h join pg_class c on c.oid = h.inhrelid cross join change_tidying t
        where h.inhparent = 'change'::regclass and c.relname ~ '^change_from_[0-9]+$'
            and substring(c.relname from '[0-9]+$')::bigint + 4999999 <= t.forgotten_to
    loop
        execute format('drop table %I', name);
    end loop;
end
$$;

-- name: forget_changes
-- Removes the next rows of the log, up to the first one that is younger than $1. Gives the last of them; none where there
-- are no more.
with slice as materialized (
    select id, at < now() - $1::interval as is_over from change order by id limit 5000
), over as (
    select max(id) as last from slice where id < all (select id from slice where not is_over)
), gone as (
    delete from change c using over where c.id <= over.last
)
update change_tidying set forgotten_to = greatest(forgotten_to, over.last) from over where over.last is not null
returning forgotten_to;
