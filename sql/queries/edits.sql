-- name: images_to_edit
-- Those of the images $1 that are edited, show an edited picture or are to be edited ($2), with the shape of what they show,
-- null where that lies elsewhere, and the state of it. Nobody else edits them before the commit; locked in the order of
-- their ids. An image is astray where nobody has noted what its edit makes of the bytes that it shows.
select
    i.id, i.edit, i.edit_key, c.blob_hash, b.format, b.width, b.height, b.orientation, b.marks,
    coalesce(e.state, b.state) as state, i.edit_key is not null and e.key is null as is_astray
from image i
join picture c on c.id = i.picture_id
left join blob b on b.hash = c.blob_hash
left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
where i.id = any ($1::bigint[]) and (i.edit is not null or i.edit_key is not null or i.id = any ($2::bigint[]))
order by i.id
for no key update of i;

-- name: products_of_images
-- The products in whose galleries these images are.
select distinct product_id from image where id = any ($1::bigint[]);

-- name: add_edited_pictures
-- What edits make of pictures: a row from each place of the arrays, hash, key, edit, marks, width, height and state, but not
-- of bytes that were removed meanwhile. Where $8 says so what had failed is tried once more. Gives those that are new, and
-- those of which nothing is decided.
with here as materialized (
    select hash from blob where hash = any ($1::bytea[]) order by hash for key share
), added as (
    insert into edited_picture as known (blob_hash, key, edit, marks, width, height, state)
    select made.*
    from unnest($1::bytea[], $2::text[], $3::jsonb[], $4::text[], $5::integer[], $6::integer[], $7::text[]) as made (hash)
    join here using (hash)
    on conflict (blob_hash, key) do update set state = 'processing', failure_code = null, failure_detail = null
    where known.state = 'failed' and $8::boolean
    returning blob_hash, key
)
select blob_hash, key from added
union
select e.blob_hash, e.key
from unnest($1::bytea[], $2::text[]) as asked (hash, key)
join edited_picture e on e.blob_hash = asked.hash and e.key = asked.key
where e.state = 'processing';

-- name: show_edits
-- Images show what edits make of their pictures: a row from each place of the arrays $1 to $4, image, edit and key, null
-- where there is none, and whether it was astray. Who shows other pixels has another stamp from now on, unless this
-- transaction gave it one already, and the recipes $5 that are in force.
update image i
set edit = shown.edit, edit_key = shown.key, updated_at = now(),
    file_updated_at = case
        when i.edit_key is not distinct from shown.key
            and (not shown.is_astray or i.updated_at = now() and i.file_updated_at >= now())
            then i.file_updated_at
        else greatest(now(), i.file_updated_at + interval '1 second')
    end,
    recipes = case
        when i.edit_key is not distinct from shown.key and not shown.is_astray then i.recipes
        else $5::text[]
    end
from unnest($1::bigint[], $2::jsonb[], $3::text[], $4::boolean[]) as shown (image, edit, key, is_astray)
where i.id = shown.image and ((i.edit, i.edit_key) is distinct from (shown.edit, shown.key) or shown.is_astray);

-- name: edited_images_behind
-- The next hundred edited images behind $1, and whether they live.
select id, deleted_at is null as is_live from image where edit is not null and id > $1 order by id limit 100;

-- name: astray_edited_images
-- The last of the next hundred edited images behind $1, and those of them that live of which nobody has noted what their
-- edit makes of the bytes that they show.
with page as materialized (
    select id, picture_id, edit_key, deleted_at from image where edit is not null and id > $1 order by id limit 100
)
select max(id) as last, array(
    select p.id
    from page p
    join picture c on c.id = p.picture_id and c.blob_hash is not null
    where p.deleted_at is null and p.edit_key is not null
        and not exists (select from edited_picture e where e.blob_hash = c.blob_hash and e.key = p.edit_key)
) as images
from page;

-- name: edited_images_of_pictures
-- The edited images that show the pictures $1, deleted or not.
select id from image where picture_id = any ($1::bigint[]) and edit is not null order by id;

-- name: edited_images_of_blob
-- The live edited images that show the bytes $1.
select i.id
from picture c
join image i on i.picture_id = c.id
where c.blob_hash = $1 and i.edit is not null and i.deleted_at is null
order by i.id;

-- name: edited_picture
-- What the edit with the key $2 does to a blob, and the marks that its renditions carry.
select edit, marks from edited_picture where blob_hash = $1 and key = $2;

-- name: renditions_of_edit
-- The state of what the edit with the key $2 makes of a blob, as `renditions_of_blob` tells that of a blob: `built` are the
-- blob's own, `edited` those that the edit made, in the blob's format.
select
    e.state, b.marks, b.frames, b.width::bigint * b.height * b.frames as pixels, e.thumbhash is not null as has_placeholder,
    e.pixel_facts is not null as has_pixel_facts, b.notes is not null as has_notes,
    array(select r.recipe_hash from rendition r where r.blob_hash = b.hash and r.format = b.format) as built,
    array(
        select r.recipe_hash from edited_rendition r
        where r.blob_hash = b.hash and r.key = e.key and r.format = b.format
    ) as edited
from edited_picture e
join blob b on b.hash = e.blob_hash
where e.blob_hash = $1 and e.key = $2;

-- name: keep_placeholder_of_edit
-- What stands for an edited picture while it loads; the first one stays.
update edited_picture set thumbhash = $3, color = $4 where blob_hash = $1 and key = $2 and thumbhash is null;

-- name: keep_pixel_facts_of_edit
-- What was found in the pixels of an edited picture; what was found first stays.
update edited_picture set pixel_facts = $3 where blob_hash = $1 and key = $2 and pixel_facts is null;

-- name: decide_state_of_edit
-- What became of an edited picture, as `decide_state` of one that is not: $3 is ready, or failed with the code $4 and the
-- sentence $5. The caller holds the hash's lock.
update edited_picture set state = $3, failure_code = $4, failure_detail = $5
where blob_hash = $1 and key = $2 and state <> 'ready'
    and (state, failure_code, failure_detail) is distinct from ($3, $4, $5);

-- name: insert_edited_failure
-- Remembers that renditions of an edited picture failed for good, and why.
insert into edited_rendition_failure (blob_hash, key, recipe_hash, reason)
select $1, $4, unnest($2::text[]), $3
on conflict (blob_hash, key, recipe_hash) do update set reason = excluded.reason, failed_at = now();

-- name: undecided_edits
-- The next thousand edited pictures behind hash $1 and key $2 of which nothing is decided, and whether a job is going to.
with page as materialized (
    select blob_hash, key, created_at from edited_picture
    where state = 'processing' and (blob_hash, key) > ($1::bytea, $2::text) order by blob_hash, key limit 1000
)
select p.blob_hash, p.key, p.created_at > now() - interval '1 minute' or (
    select true from pgqueuer j
    where j.dedupe_key = 'render-edit:' || encode(p.blob_hash, 'hex') || '-' || p.key and j.status in ('queued', 'picked')
    limit 1
) is not null as is_awaited
from page p
order by p.blob_hash, p.key;

-- name: edited_pictures_behind
-- The next thousand edited pictures behind hash $1 and key $2, and whether a live image shows them.
-- (With a limit, since by itself a plan may read all images for a page.)
select e.blob_hash, e.key, (
    select true from picture c join image i on i.picture_id = c.id
    where c.blob_hash = e.blob_hash and i.edit_key = e.key and i.deleted_at is null
    limit 1
) is not null as is_shown
from edited_picture e
where (e.blob_hash, e.key) > ($1::bytea, $2::text)
order by e.blob_hash, e.key
limit 1000;

-- name: missing_edited_renditions
-- Those of the edited pictures of hashes $1 and keys $2 that lack a rendition of one of the recipes $3 that has not failed,
-- in their own format or in one of the formats $4, or that are ready and that nothing stands for while they load.
select e.blob_hash as hash, e.key, e.edit, b.size, b.format, false as unseen, missing.number as missing,
    e.thumbhash is null and e.state = 'ready' as bare
from unnest($1::bytea[], $2::text[]) as asked (hash, key)
join edited_picture e on e.blob_hash = asked.hash and e.key = asked.key
join blob b on b.hash = e.blob_hash
cross join lateral (
    select count(*) as number
    from unnest($3::text[]) as r (recipe_hash)
    cross join lateral (select b.format union select unnest($4::text[])) as f (format)
    where not exists (
        select from edited_rendition x
        where x.blob_hash = e.blob_hash and x.key = e.key and x.recipe_hash = r.recipe_hash and x.format = f.format
    )
    and not exists (
        select from edited_rendition_failure x
        where x.blob_hash = e.blob_hash and x.key = e.key and x.recipe_hash = r.recipe_hash
    )
) missing
where missing.number > 0 or (e.thumbhash is null and e.state = 'ready')
order by e.blob_hash, e.key;

-- name: is_of_marks
-- Whether $2 are the marks of the bytes $1, or once were, so that something was built with them.
select exists (select from blob where hash = $1 and marks = $2)
    or exists (select from marked_rendition where blob_hash = $1 and marks = $2);

-- name: is_edit
-- Whether $2 is the key of an edit of the bytes $1.
select exists (select from edited_picture where blob_hash = $1 and key = $2);
