-- migrate:up transaction:false

-- Withdrawn paths that still keep bytes, by their age.
create index concurrently if not exists file_path_withdrawn on file_path (withdrawn_at)
    where withdrawn_at is not null and blob_hash is not null;

-- migrate:down
drop index file_path_withdrawn;
