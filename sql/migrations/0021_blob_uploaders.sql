-- migrate:up

-- Who has uploaded which bytes: by their hash alone they are given to nobody else. They go with the blob, whoever removes
-- it, also a version that does not know this table.
create table blob_uploader (
    hash bytea not null references blob on delete cascade,
    uploader text not null check (uploader <> ''),
    uploaded_at timestamptz not null default now(),
    primary key (hash, uploader)
);

-- migrate:down
drop table blob_uploader;
