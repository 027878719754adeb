-- name: lock_blob
-- Holds a hash's lock until the transaction ends. What it protects is asked in a later statement: one that both waited
-- and asked would see what stood before the wait.
select pg_advisory_xact_lock($1);

-- name: lock_blobs
-- The same for several, in the order given; who takes more than one gives them in the order of their hashes.
select pg_advisory_xact_lock(key) from unnest($1::bigint[]) with ordinality as lock (key, place) order by place;

-- name: claim_blob
-- Registers that these bytes are being put; no row where the hash is barred, or where a removal of its bytes that began
-- less than $2 ago has not ended. The caller holds the hash's lock.
insert into blob_claim (hash)
select $1::bytea
where not exists (select from blob_barred b where b.hash = $1)
    and not exists (
        select from blob_claim k where k.hash = $1 and k.is_removal and k.claimed_at > clock_timestamp() - $2::interval
    )
returning id;

-- name: blob_is_barred
-- Whether these bytes may not come back. The caller holds the hash's lock.
select exists (select from blob_barred where hash = $1);

-- name: insert_blob
-- Records a blob that the store holds; equal bytes are stored once, and looked into once. The renditions of a new one carry
-- its marks $11 from the beginning if that is wanted ($12); of one whose marks nobody had looked for, once they are built.
-- What had failed is tried once more. Where $13 says who has uploaded them that is recorded, too. Says whether these bytes
-- may not come back, so that nothing of this may stay, and whether nobody had them before: null where nothing of the blob
-- had to be written. The caller holds the hash's lock.
with found_again as (
    delete from missing_original where hash = $1
), uploaded as (
    insert into blob_uploader (hash, uploader) select $1, $13::text where $13 is not null on conflict do nothing
), recorded as (
    insert into blob (hash, size, format, width, height, frames, orientation, has_alpha, notes, converted_from, marks, marked_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $12::boolean and $11 <> '' then now() end)
    on conflict (hash) do update
    set notes = coalesce(blob.notes, excluded.notes), marks = coalesce(blob.marks, excluded.marks),
        state = case blob.state when 'failed' then 'processing' else blob.state end,
        failure_code = null, failure_detail = null
    where (blob.notes is null and excluded.notes is not null) or (blob.marks is null and excluded.marks is not null)
        or blob.state = 'failed'
    returning xmax = 0 as is_new
)
select exists (select from blob_barred where hash = $1) as is_barred, (select is_new from recorded) as is_new;

-- name: next_file_path_number
-- The next number of a name within its folder: 0 for the first one.
insert into file_path_series (stem, extension, last) values ($1, $2, 0)
on conflict (stem, extension) do update set last = file_path_series.last + 1
returning last;

-- name: insert_picture
-- A picture of the blob $1, which tells where its bytes are, and the next number of a name within its folder, as above.
with numbered as (
    insert into file_path_series (stem, extension, last) values ($2, $3, 0)
    on conflict (stem, extension) do update set last = file_path_series.last + 1
    returning last
), made as (
    insert into picture (blob_hash) values ($1) returning id
)
select made.id as picture, numbered.last as number from made, numbered;

-- name: insert_picture_for_product
-- The same once the product $4 is locked as `lock_products` does, which comes along; no row where there is none.
with owner as materialized (
    select id, sku, coalesce(parent_id, id) as family from product where id = $4 and deleted_at is null for update
), numbered as (
    insert into file_path_series (stem, extension, last) select $2::text, $3::text, 0 from owner
    on conflict (stem, extension) do update set last = file_path_series.last + 1
    returning last
), made as (
    insert into picture (blob_hash) select $1::bytea from owner returning id
)
select owner.id, owner.sku, owner.family, made.id as picture, numbered.last as number from owner, made, numbered;

-- name: pass_taken_paths
-- Moves a series on to just before its next free path; a path's suffix is its number and $3.
with recursive taken (number) as (
    select last + 1 from file_path_series where stem = $1 and extension = $2
    union all
    select number + 1 from taken
    where exists (select from file_path where path = $1 || '_' || (number + $3::integer) || '.' || $2)
)
update file_path_series set last = (select max(number) - 1 from taken) where stem = $1 and extension = $2;

-- name: insert_file_path
-- Takes a path for ever, with the cleaning $3, or $4 for a picture with marks; no row where somebody has it. $5: the number
-- behind its name, null if it was brought along.
insert into file_path (path, blob_hash, clean_recipe, suffix)
values ($1, $2, case when (select marks from blob where hash = $2) <> '' then $4::text else $3::text end, $5)
on conflict (path) do nothing
returning path;

-- name: suffix_of_path
-- The number that this service put behind a path's name; where that was not recorded, $2 if the path without it ($3) is
-- taken.
select coalesce(p.suffix, case when exists (select from file_path o where o.path = $3) then $2::integer else 0 end)
from file_path p
where p.path = $1;

-- name: lock_path
-- Holds a path until the transaction ends, and tells what it serves; nothing where it is withdrawn.
select case when withdrawn_at is null then blob_hash end as blob_hash from file_path where path = $1 for update;

-- name: blob_hash_of_picture
-- The blob behind a picture, if it has one.
select blob_hash from picture where id = $1;
