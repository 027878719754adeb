-- migrate:up

-- A withdrawn path answers nothing, and keeps its bytes and their cleaning as long as an image that had it can be
-- restored. Rows of before all hold to the narrower rule, so nothing has to be looked through.
alter table file_path drop constraint file_path_serves_or_is_withdrawn, add constraint file_path_serves_or_is_withdrawn
    check ((blob_hash is not null or withdrawn_at is not null) and (blob_hash is null or clean_recipe is not null)) not valid;

-- A path answers for ever: it may be withdrawn, never deleted or handed out again. What is withdrawn serves again what it
-- served before, or nothing any more. The version before moves cleanings without asking whether a path is withdrawn:
-- that one keeps its own.
create or replace function refuse_path_reuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'file path % is never deleted', old.path using errcode = 'restrict_violation';
    end if;
    if old.withdrawn_at is not null and new.withdrawn_at is null and old.blob_hash is null then
        raise exception 'file path % was withdrawn for ever', old.path using errcode = 'restrict_violation';
    end if;
    if old.path <> new.path or (new.blob_hash is not null and old.blob_hash is distinct from new.blob_hash) then
        raise exception 'file path % never changes its bytes', old.path using errcode = 'restrict_violation';
    end if;
    if old.withdrawn_at is not null and new.blob_hash is not null then
        new.clean_recipe := old.clean_recipe;
    end if;
    return new;
end
$$;

-- The last row whose picture and paths nobody can restore any more.
alter table change_tidying add column released_to bigint not null default 0;

-- What is left of the members of a change whose image showed purged bytes: that they were purged, and by the path's hash
-- that it is that path.
create function without_words(members jsonb) returns jsonb language sql immutable as $$
    select case when members is not null then jsonb_strip_nulls(jsonb_build_object(
        'purged', true, 'path', encode(sha256(convert_to(members ->> 'path', 'UTF8')), 'hex')
    )) end
$$;

-- migrate:down
drop function without_words;
alter table change_tidying drop column released_to;
update file_path set blob_hash = null, clean_recipe = null where withdrawn_at is not null and blob_hash is not null;
create or replace function refuse_path_reuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'file path % is never deleted', old.path using errcode = 'restrict_violation';
    end if;
    if old.withdrawn_at is not null and new.withdrawn_at is null then
        raise exception 'file path % was withdrawn for ever', old.path using errcode = 'restrict_violation';
    end if;
    if old.path <> new.path or (new.blob_hash is not null and old.blob_hash <> new.blob_hash) then
        raise exception 'file path % never changes its bytes', old.path using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
alter table file_path drop constraint file_path_serves_or_is_withdrawn, add constraint file_path_serves_or_is_withdrawn
    check ((withdrawn_at is null) = (blob_hash is not null) and (blob_hash is null or clean_recipe is not null));
