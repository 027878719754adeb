-- migrate:up transaction:false

-- Nearly all pictures are ready. A file of its own, so that building it keeps no writer waiting.
create index concurrently if not exists blob_not_ready on blob (state, hash) where state <> 'ready';

-- migrate:down transaction:false
drop index concurrently blob_not_ready;
