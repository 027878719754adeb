-- name: claim_blob
-- Registers that these bytes are being put, under the hash's lock; no row where the hash is barred.
with locked as materialized (select pg_advisory_xact_lock($2))
insert into blob_claim (hash)
select $1 from locked where not exists (select from blob_barred b where b.hash = $1)
returning id;

-- name: lock_blob
-- Holds the hash's lock until the transaction ends; says whether the hash is barred.
with locked as materialized (select pg_advisory_xact_lock($2))
select exists (select from blob_barred b where b.hash = $1) from locked;

-- name: insert_blob
-- Records a blob that the store holds; equal bytes are stored once.
insert into blob (hash, size, format, width, height, frames, orientation, has_alpha)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (hash) do nothing;

-- name: next_file_path_number
-- The next number of a name within its folder: 0 for the first one.
insert into file_path_series (stem, extension, last) values ($1, $2, 0)
on conflict (stem, extension) do update set last = file_path_series.last + 1
returning last;

-- name: insert_file_path
-- Takes a path for ever; no row where somebody has it.
insert into file_path (path, blob_hash, clean_recipe) values ($1, $2, $3)
on conflict (path) do nothing
returning path;

-- name: blob_hash_of_picture
-- The blob behind a picture, if it has one.
select blob_hash from picture where id = $1;
