-- migrate:up

-- Whether what was to be made of a picture when it came is there: kept, since settings that change later change nothing of
-- it. Pictures of before count as ready without being touched; what a version records that does not know the column is
-- decided by the next worker that does. Of a failure its code, and a sentence for people.
alter table blob
    add column state text not null default 'ready',
    add column failure_code text,
    add column failure_detail text;
alter table blob alter column state set default 'processing';
alter table blob add constraint blob_state_is_known check (
    state in ('processing', 'ready', 'failed') and (state = 'failed') = (failure_code is not null)
) not valid;

-- Of pictures with a failure, which are few, nobody knows whether it is one of the recipes in force: the worker tries again.
update blob set state = 'processing'
where hash in (select blob_hash from rendition_failure union all select blob_hash from marked_rendition_failure);

-- What was decided of a picture shows in documents of all its users, and those who wait for it are told in words of their
-- own: its hash, or `*` for very many.
create function changed_blobs() returns trigger language plpgsql as $$
declare
    seen bytea[] := array(
        select c.hash from former f join changed c using (hash)
        where (c.marked_at, c.state) is distinct from (f.marked_at, f.state)
    );
    decided text[] := array(
        select encode(c.hash, 'hex') from former f join changed c using (hash)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(seen) > 0 then
        perform notify_families(families_of_pictures(array(select id from picture where blob_hash = any (seen))));
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', hash) from unnest(decided) as hash;
    end if;
    return null;
end
$$;
create or replace trigger notify_change after update on blob referencing old table as former new table as changed
    for each statement execute function changed_blobs();

-- migrate:down
create or replace trigger notify_change after update on blob referencing old table as former new table as changed
    for each statement execute function changed_marks();
drop function changed_blobs;
alter table blob drop column failure_detail, drop column failure_code, drop column state;
