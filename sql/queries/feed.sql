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
    select max(id) as last from slice
    where id < coalesce((select min(id) from slice where not is_over), 9223372036854775807)
), gone as (
    delete from change c using over where c.id <= over.last
)
update change_tidying set forgotten_to = greatest(forgotten_to, over.last) from over where over.last is not null
returning forgotten_to;

-- name: event_rows
-- The rows of the log behind $1 up to $2, the first $3 of them at most, of which events may come: those of the kinds $4,
-- and with $5 all that close their product; of products with the SKUs $6, or with SKUs that begin with $7 (null: no matter).
-- $8 of them at most. Each tells to which id was looked, also the one that stands for none: $2 where that was all, since no
-- row comes up to there any more, and ids may be without one.
-- (An offset of 0 has the rows read in their order, a limit of 1 each one's product looked up by the way, so that $8 of them
-- are all that is read where all are wanted.)
with reached as materialized (
    select coalesce(
        (select id from change where id > $1 and id <= $2 order by id offset $3::bigint - 1 limit 1), greatest($1, $2)
    ) as looked_to
)
select r.looked_to, found.*
from reached r
left join lateral (
    select
        c.id, c.at, c.kind, c.product_id, p.sku, c.image_id, c.via, c.actor_name, c.actor_id, c.batch, c.before, c.after,
        c.closes
    from (
        select * from change
        where id > $1 and id <= r.looked_to and (kind = any ($4::text[]) or (closes and product_id is not null and $5::boolean))
        order by id
        offset 0
    ) c
    left join lateral (select sku from product where id = c.product_id limit 1) p on true
    where ($6::text[] is null or p.sku = any ($6)) and ($7::text is null or starts_with(p.sku, $7))
    order by c.id
    limit $8
) found on true
order by found.id;

-- name: shown_products
-- Of the products $1, deleted or not, by what paths name them; with each all store views.
select
    p.id, p.sku, coalesce(p.parent_id, p.id) as root,
    array(
        select p.slug union select f.slug from product_former_slug f where f.product_id = p.id limit 20
    ) as slugs,
    array(
        select k.sku from product k
        where k.parent_id = p.id and k.deleted_at is null
            and not exists (select from image i where i.product_id = k.id and i.deleted_at is null)
        order by k.id limit 100
    ) as heirs,
    array(select id from store_view order by id) as store_ids,
    array(select code from store_view order by id) as store_codes
from product p
where p.id = any ($1::bigint[]);

-- name: files_ever_shown
-- Of the images $1, and of those of the products $2, what their files are called, the hash of what they show, and the stamps
-- that they have had: two hundred, the latest.
select
    i.id, i.product_id, i.file_name, encode(c.blob_hash, 'hex') as hash,
    array(
        select floor(extract(epoch from stamp))::bigint as unix
        from (
            select i.file_updated_at as stamp
            union all select (h.before ->> 'stamp')::timestamptz from change h where h.image_id = i.id
            union all select (h.after ->> 'stamp')::timestamptz from change h where h.image_id = i.id
        ) had
        where stamp is not null
        group by unix order by unix desc limit 200
    ) as stamps
from image i
join picture c on c.id = i.picture_id
where i.id = any ($1::bigint[]) or (i.product_id = any ($2::bigint[]) and i.deleted_at is null);

-- name: withdrawn_of_paths
-- Of the paths $1 those that are withdrawn.
select path from file_path where path = any ($1::text[]) and withdrawn_at is not null;

-- name: feed_delay
-- Whose transaction holds up rows of the log that were written behind its own, and for how many seconds; none where there
-- are no such rows.
with open as (
    select pid, objid::bigint << 4 as below from pg_locks
    where locktype = 'advisory' and classid = 7305 and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
    order by below
    limit 1
)
select
    extract(epoch from clock_timestamp() - coalesce(
        a.xact_start, (select min(at) from change where id > o.below), clock_timestamp()
    ))::float8 as seconds,
    concat_ws(
        ' ', 'process ' || o.pid || ' of Postgres', '(' || nullif(a.application_name, '') || ')',
        'by ' || a.usename, 'from ' || a.client_addr::text, a.state
    ) as holder
from open o
left join pg_stat_activity a on a.pid = o.pid
where o.below < (select last_value from change_id_seq);
