-- migrate:up

-- What stands for a picture while it loads: a ThumbHash in base64, and the average of its visible pixels; both null until
-- somebody made them, the colour also of a picture that is transparent altogether. The version before leaves both null.
alter table blob add column thumbhash text, add column color text;
alter table blob add constraint blob_placeholder_is_short check (
    thumbhash ~ '^[A-Za-z0-9+/=]{8,40}$' and color ~ '^#[0-9a-f]{6}$'
) not valid;

-- They are shown by the native API alone, as state and notes are.
create or replace function changed_blobs() returns trigger language plpgsql as $$
declare
    marked bytea[] := array(
        select c.hash from former f join changed c using (hash) where c.marked_at is distinct from f.marked_at
    );
    seen bytea[] := array(
        select c.hash from former f join changed c using (hash)
        where (c.state, c.failure_code, c.failure_detail, c.notes, c.thumbhash, c.color)
            is distinct from (f.state, f.failure_code, f.failure_detail, f.notes, f.thumbhash, f.color)
    );
    decided text[] := array(
        select encode(c.hash, 'hex') from former f join changed c using (hash)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(marked) > 0 then
        perform notify_families(families_of_pictures(array(select id from picture where blob_hash = any (marked))));
    end if;
    if cardinality(seen) > 0 then
        perform notify_native(seen);
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', hash) from unnest(decided) as hash;
    end if;
    return null;
end
$$;

-- migrate:down
create or replace function changed_blobs() returns trigger language plpgsql as $$
declare
    marked bytea[] := array(
        select c.hash from former f join changed c using (hash) where c.marked_at is distinct from f.marked_at
    );
    seen bytea[] := array(
        select c.hash from former f join changed c using (hash)
        where (c.state, c.failure_code, c.failure_detail, c.notes)
            is distinct from (f.state, f.failure_code, f.failure_detail, f.notes)
    );
    decided text[] := array(
        select encode(c.hash, 'hex') from former f join changed c using (hash)
        where c.state <> f.state and c.state <> 'processing'
    );
begin
    if cardinality(marked) > 0 then
        perform notify_families(families_of_pictures(array(select id from picture where blob_hash = any (marked))));
    end if;
    if cardinality(seen) > 0 then
        perform notify_native(seen);
    end if;
    if cardinality(decided) > 1000 then
        perform pg_notify('picture_state', '*');
    else
        perform pg_notify('picture_state', hash) from unnest(decided) as hash;
    end if;
    return null;
end
$$;
alter table blob drop column color, drop column thumbhash;
