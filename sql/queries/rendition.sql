-- name: register_recipes
-- Keeps the parameters of recipes for as long as their URLs may be asked for.
with wanted_again as (update recipe set retired_at = null where hash = any ($1::text[]) and retired_at is not null)
insert into recipe (hash, name, box_width, box_height, version, quality, fit, background, trim, margin, only_format)
select * from unnest(
    $1::text[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::jsonb[], $7::text[], $8::text[],
    $9::integer[], $10::integer[], $11::text[]
)
on conflict (hash) do nothing;

-- name: recipe_by_hash
-- The parameters of a recipe, in force or not, unless it is retired.
select name, box_width, box_height, version, quality, fit, background, trim, margin, only_format
from recipe
where hash = $1 and retired_at is null;

-- name: rendition
-- A blob with one of its renditions, built or not, and why it could not be built, if so.
select
    b.format as source_format, b.created_at as uploaded_at, r.size, r.etag, r.created_at,
    f.reason, b.marks
from blob b
left join rendition r on r.blob_hash = b.hash and r.recipe_hash = $2 and r.format = coalesce($3, b.format)
left join rendition_failure f on f.blob_hash = b.hash and f.recipe_hash = $2 and r.size is null
where b.hash = $1;

-- name: keyed_rendition
-- The same with the marks $4, or as the edit with that key shows it; no row where there is no such edit, and the blob has
-- other marks and nothing was ever built with these.
select
    b.format as source_format, b.created_at as uploaded_at, r.size, r.etag, r.created_at,
    f.reason, b.marks
from blob b
left join edited_picture e on e.blob_hash = b.hash and e.key = $4
left join lateral (
    select size, etag, created_at from marked_rendition
    where blob_hash = b.hash and marks = $4 and recipe_hash = $2 and format = coalesce($3, b.format)
    union all
    select size, etag, created_at from edited_rendition
    where blob_hash = b.hash and key = $4 and recipe_hash = $2 and format = coalesce($3, b.format)
) r on true
left join lateral (
    select reason from marked_rendition_failure where blob_hash = b.hash and marks = $4 and recipe_hash = $2
    union all
    select reason from edited_rendition_failure where blob_hash = b.hash and key = $4 and recipe_hash = $2
) f on r.size is null
where b.hash = $1 and (b.marks = $4 or e.key is not null or r.size is not null);

-- name: marks_of_blob
-- The marks of a picture; null where nobody has looked for them.
select marks from blob where hash = $1;

-- name: renditions_of_blob
-- A blob's state and marks, its frames, the pixels of all of them, whether something stands for it while it loads, whether
-- its pixels were looked at, whether it was looked into, which of its renditions in its own format exist, and which with its
-- marks.
select
    b.state, b.marks, b.frames, b.width::bigint * b.height * b.frames as pixels, b.thumbhash is not null as has_placeholder,
    b.pixel_facts is not null as has_pixel_facts, b.notes is not null as has_notes,
    array(select r.recipe_hash from rendition r where r.blob_hash = b.hash and r.format = b.format) as built,
    array(
        select r.recipe_hash from marked_rendition r
        where r.blob_hash = b.hash and r.marks = b.marks and r.format = b.format
    ) as marked
from blob b
where b.hash = $1;

-- name: shape_of_picture
-- How wide a picture is as it is seen, or as the edit with the key $2 shows it, its format and its frames.
select coalesce(e.width, case when b.orientation < 5 then b.width else b.height end) as width, b.format, b.frames
from blob b
left join edited_picture e on e.blob_hash = b.hash and e.key = $2
where b.hash = $1;

-- name: missing_further_formats
-- Which of the formats $3 a blob lacks with the marks $4, or as the edit with that key shows it, of which of the recipes $2
-- that have not failed; its frames, and the pixels of all of them.
select
    wanted.recipe_hash, array_agg(f.format order by f.format) as formats,
    b.frames, b.width::bigint * b.height * b.frames as pixels
from blob b
cross join unnest($2::text[]) as wanted (recipe_hash)
cross join unnest($3::text[]) as f (format)
where b.hash = $1
    and not exists (
        select from rendition r
        where r.blob_hash = b.hash and r.recipe_hash = wanted.recipe_hash and r.format = f.format and $4 = ''
        union all
        select from marked_rendition r
        where r.blob_hash = b.hash and r.recipe_hash = wanted.recipe_hash and r.format = f.format and r.marks = $4
        union all
        select from edited_rendition r
        where r.blob_hash = b.hash and r.recipe_hash = wanted.recipe_hash and r.format = f.format and r.key = $4
    )
    and not exists (
        select from rendition_failure x
        where x.blob_hash = b.hash and x.recipe_hash = wanted.recipe_hash and $4 = ''
        union all
        select from marked_rendition_failure x
        where x.blob_hash = b.hash and x.recipe_hash = wanted.recipe_hash and x.marks = $4
        union all
        select from edited_rendition_failure x
        where x.blob_hash = b.hash and x.recipe_hash = wanted.recipe_hash and x.key = $4
    )
group by wanted.recipe_hash, b.hash;

-- name: insert_renditions
-- Records renditions of a blob that the store holds; building them twice changes nothing.
insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
select $1, * from unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::bigint[], $7::text[])
on conflict (blob_hash, recipe_hash, format) do nothing;

-- name: insert_keyed_renditions
-- The same for renditions that carry the marks $8, or that the edit with that key made.
with made as (
    select * from unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::bigint[], $7::text[])
        as made (recipe_hash, format, width, height, size, etag)
), edited as (
    insert into edited_rendition (blob_hash, key, recipe_hash, format, width, height, size, etag)
    select $1::bytea, $8::text, made.* from made
    where exists (select from edited_picture e where e.blob_hash = $1 and e.key = $8)
    on conflict (blob_hash, key, recipe_hash, format) do nothing
)
insert into marked_rendition (blob_hash, marks, recipe_hash, format, width, height, size, etag)
select $1, $8, made.* from made
where not exists (select from edited_picture e where e.blob_hash = $1 and e.key = $8)
on conflict (blob_hash, marks, recipe_hash, format) do nothing;

-- name: restore_rendition
-- What the store holds of a rendition, with the marks or the edit $4, that it had lost: its time is another only if its
-- bytes are.
with marked as (
    update marked_rendition
    set size = $5, etag = $6, width = $7, height = $8, created_at = case when etag = $6 then created_at else now() end
    where blob_hash = $1 and recipe_hash = $2 and format = $3 and marks = $4
), edited as (
    update edited_rendition
    set size = $5, etag = $6, width = $7, height = $8, created_at = case when etag = $6 then created_at else now() end
    where blob_hash = $1 and recipe_hash = $2 and format = $3 and key = $4
)
update rendition
set size = $5, etag = $6, width = $7, height = $8, created_at = case when etag = $6 then created_at else now() end
where blob_hash = $1 and recipe_hash = $2 and format = $3 and $4 = '';

-- name: keep_marks
-- Which marks a picture of before has.
update blob set marks = $2 where hash = $1 and marks is null;

-- name: show_marks
-- From now on a picture's renditions are those that carry its marks.
update blob set marked_at = now() where hash = $1 and marks <> '' and marked_at is null;

-- name: keep_placeholder
-- What stands for a picture while it loads; the first one stays.
update blob set thumbhash = $2, color = $3 where hash = $1 and thumbhash is null;

-- name: keep_pixel_facts
-- What was found in a picture's pixels; the first finding stays. An empty one is none: somebody looked in vain.
update blob set pixel_facts = $2 where hash = $1 and coalesce(pixel_facts, '{}') = '{}';

-- name: keep_notes
-- What was found in a picture of before.
update blob set notes = $2::jsonb where hash = $1 and notes is null;

-- name: decide_state
-- What became of a picture: $2 is ready, or failed with the code $3 and the sentence $4. One that was ready once stays so:
-- what a later recipe lacks shows there alone. The caller holds the hash's lock.
update blob set state = $2, failure_code = $3, failure_detail = $4
where hash = $1 and state <> 'ready' and (state, failure_code, failure_detail) is distinct from ($2, $3, $4);

-- name: undecided_of
-- Those of the pictures of which nothing is decided: of the hashes $1, each with the key $2 of an edit, '' for none.
select b.hash, '' as key from blob b
where b.hash = any ($1::bytea[]) and b.state = 'processing'
union all
select e.blob_hash, e.key
from unnest($1::bytea[], $2::text[]) as asked (hash, key)
join edited_picture e on e.blob_hash = asked.hash and e.key = asked.key
where e.state = 'processing';

-- name: undecided_pictures
-- The next thousand pictures behind hash $1 of which nothing is decided, and whether a job is going to: none is where the
-- version before did the job, or a job was lost.
with page as materialized (
    select hash, created_at from blob where state = 'processing' and hash > $1 order by hash limit 1000
)
select p.hash, p.created_at > now() - interval '1 minute' or (
    select true from pgqueuer j
    where j.dedupe_key = 'render:' || encode(p.hash, 'hex') and j.status in ('queued', 'picked')
    limit 1
) is not null as is_awaited
from page p
order by p.hash;

-- name: move_paths_to_cleaning
-- Paths that serve and whose own version of the cleaning was never built take this one.
update file_path p
set clean_recipe = $2
where p.blob_hash = $1 and p.withdrawn_at is null and p.clean_recipe <> $2 and not exists (
    select from rendition r where r.blob_hash = p.blob_hash and r.recipe_hash = p.clean_recipe
);

-- name: insert_rendition_failure
-- Remembers that a rendition failed for good, and why.
insert into rendition_failure (blob_hash, recipe_hash, reason)
select $1, unnest($2::text[]), $3
on conflict (blob_hash, recipe_hash) do update set reason = excluded.reason, failed_at = now();

-- name: insert_marked_failure
-- The same for one that should carry the marks $4.
insert into marked_rendition_failure (blob_hash, marks, recipe_hash, reason)
select $1, $4, unnest($2::text[]), $3
on conflict (blob_hash, marks, recipe_hash) do update set reason = excluded.reason, failed_at = now();

-- name: forget_keyed_failure
-- The same for those that carry the marks $3, or that the edit with that key made.
with edited as (
    delete from edited_rendition_failure where blob_hash = $1 and recipe_hash = any ($2::text[]) and key = $3
)
delete from marked_rendition_failure where blob_hash = $1 and recipe_hash = any ($2::text[]) and marks = $3;

-- name: forget_rendition_failure
-- A rendition that exists has not failed.
delete from rendition_failure where blob_hash = $1 and recipe_hash = any ($2::text[]);

-- name: original_by_path
-- The blob that a file path serves, and the cleaning it was given; no row for unknown and withdrawn paths.
select blob_hash, clean_recipe from file_path where path = $1 and withdrawn_at is null;

-- name: note_missing_original
-- Remembers since when a blob's bytes are known to be missing; no row where there is no such blob.
insert into missing_original (hash) select hash from blob where hash = $1
on conflict (hash) do update set noticed_at = missing_original.noticed_at;
