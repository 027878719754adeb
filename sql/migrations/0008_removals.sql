-- migrate:up

-- Such a claim says that the rows of these bytes are gone and the bytes themselves are being removed: who has them in
-- hand waits before he puts them, since a removal that went unanswered may still be carried out.
alter table blob_claim add column is_removal boolean not null default false;

-- Retired recipes are not built any more, but still known: objects of theirs may be left where a sweep was broken off.
alter table recipe add column retired_at timestamptz;

-- Uploaded bytes that were looked for and not found in the store.
create table missing_original (
    hash bytea primary key check (length(hash) = 32),
    noticed_at timestamptz not null default now()
);

-- migrate:down
drop table missing_original;
alter table recipe drop column retired_at;
alter table blob_claim drop column is_removal;
