-- migrate:up

-- TRUNCATE touches no rows, so that no trigger tells which: all that is remembered is dropped. Versions that do not know
-- the word drop everything, too.
create function emptied() returns trigger language plpgsql as $$
begin
    perform pg_notify('catalogue_change', 'emptied');
    return null;
end
$$;

do $$
declare
    watched record;
begin
    for watched in
        select distinct tgrelid::regclass as relation from pg_trigger
        where tgname like 'notify\_%' and tgrelid <> 'change'::regclass
        order by relation
    loop
        execute format('create trigger notify_emptied after truncate on %s
            for each statement execute function emptied()', watched.relation);
    end loop;
end
$$;

-- migrate:down
drop function emptied() cascade;
