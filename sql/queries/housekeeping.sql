-- name: hashes_behind
-- The next thousand hashes behind $1 of which there is a blob or a claim.
(select hash from blob where hash > $1 order by hash limit 1000)
union
(select distinct hash from blob_claim where hash > $1 order by hash limit 1000)
order by hash
limit 1000;

-- name: unused_blobs
-- Those of the hashes $2 that nothing has referred to and that nobody has put for $1. A withdrawn path, and a change after
-- which another picture was shown or none, refer to one as long as it can be restored.
select c.hash, coalesce(b.size, 0) as size
from unnest($2::bytea[]) as c (hash)
left join blob b using (hash)
where (b.hash is null or b.created_at < now() - $1::interval)
    and not exists (
        select from picture p join image i on i.picture_id = p.id where p.blob_hash = c.hash and i.deleted_at is null
    )
    and not exists (select from picture p join image_set_link l on l.picture_id = p.id where p.blob_hash = c.hash)
    and not exists (select from file_path f where f.blob_hash = c.hash)
    and not exists (select from picture p join change h on h.picture_id = p.id where p.blob_hash = c.hash)
    and not exists (
        select from blob_claim k where k.hash = c.hash and k.claimed_at >= now() - $1::interval and not k.is_removal
    )
    and not exists (
        select from pgqueuer j
        where j.dedupe_key in (
            'render:' || encode(c.hash, 'hex'),
            'render-further:' || encode(c.hash, 'hex'),
            'render-widths:' || encode(c.hash, 'hex')
        )
            and j.status in ('queued', 'picked')
    )
order by c.hash;

-- name: delete_served_claims
-- Removes the claims of the hashes $2 that are older than $1 and whose upload has ended: its blob is recorded.
delete from blob_claim k
where k.hash = any ($2::bytea[]) and k.claimed_at < now() - $1::interval
    and exists (select from blob b where b.hash = k.hash);

-- name: forget_served_claims
-- Of the next thousand claims behind $2, removes those that are older than $1 and whose upload has ended: its blob is
-- recorded. Gives the last of the thousand; none where there are no more.
with page as materialized (select id, hash, claimed_at from blob_claim where id > $2 order by id limit 1000),
gone as (
    delete from blob_claim where id in (
        select p.id from page p
        where p.claimed_at < now() - $1::interval and exists (select from blob b where b.hash = p.hash)
    )
)
select max(id) from page;

-- name: delete_renditions_of_blob
-- Forgets the renditions of a blob.
with marked as (delete from marked_rendition where blob_hash = $1),
edited as (delete from edited_rendition where blob_hash = $1)
delete from rendition where blob_hash = $1;

-- name: recipe_hashes
-- All recipes that renditions may have been made with.
select hash from recipe;

-- name: delete_rendition_failures_of_blob
-- Forgets what could not be built of a blob.
with marked as (delete from marked_rendition_failure where blob_hash = $1),
edited as (delete from edited_rendition_failure where blob_hash = $1)
delete from rendition_failure where blob_hash = $1;

-- name: delete_edited_pictures_of_blob
-- Forgets what edits made of a blob, once nothing is recorded of it any more.
delete from edited_picture where blob_hash = $1;

-- name: externalise_pictures
-- Pictures that also have URLs go on as external ones.
update picture set blob_hash = null where blob_hash = $1 and num_nonnulls(url_large, url_small) > 0;

-- name: delete_dead_store_settings
-- Forgets what store views said of deleted images whose picture is about to go.
delete from image_store where image_id in (
    select i.id from picture p join image i on i.picture_id = p.id
    where p.blob_hash = $1 and i.deleted_at is not null
);

-- name: delete_dead_images
-- Removes deleted images whose picture is about to go.
delete from image where id in (
    select i.id from picture p join image i on i.picture_id = p.id
    where p.blob_hash = $1 and i.deleted_at is not null
);

-- name: release_imported_pictures
-- Images with another picture now no longer remember the one that is about to go.
update image i set imported_picture_id = null from picture p where p.id = i.imported_picture_id and p.blob_hash = $1;

-- name: delete_texts_of_blob
-- Forgets the texts of pictures that are about to go.
delete from picture_text t using picture p where p.id = t.picture_id and p.blob_hash = $1;

-- name: delete_pictures_of_blob
-- Removes the pictures of a blob that nothing uses any more.
delete from picture where blob_hash = $1;

-- name: claim_removal
-- Says that the bytes of a hash are being removed from now on, until they are gone, and with which marks and by which edits
-- renditions of them were made.
with former as (delete from blob_claim where hash = $1 and is_removal returning marks, edits)
insert into blob_claim (hash, claimed_at, is_removal, marks, edits)
select
    $1, clock_timestamp(), true, coalesce((select marks from blob where hash = $1), (select max(marks) from former)),
    array(select key from edited_picture where blob_hash = $1 union select unnest(edits) from former);

-- name: keys_of_removal
-- With which marks, and by which edits, renditions of bytes were made that are being removed.
select marks as key from blob_claim where hash = $1 and is_removal and marks <> ''
union
select unnest(edits) from blob_claim where hash = $1 and is_removal;

-- name: may_be_removed
-- Whether the bytes of a hash whose rows are gone may go too: none has come back, and nobody has put them for $2,
-- unless they are barred. The caller holds the hash's lock.
select not exists (select from blob where hash = $1) and (
    exists (select from blob_barred where hash = $1)
    or not exists (
        select from blob_claim where hash = $1 and claimed_at >= now() - $2::interval and not is_removal
    )
);

-- name: delete_claims
-- Removes the claims of a hash that are older than $2, and that of its removal.
delete from blob_claim where hash = $1 and (is_removal or claimed_at < now() - $2::interval);

-- name: delete_blob
-- Removes a blob's row, and the note that its bytes are missing.
with forgotten as (delete from missing_original where hash = $1)
delete from blob where hash = $1;

-- name: blobs_after
-- The next blobs behind a hash, in the order of their hashes, with what the store should hold of each.
select b.hash, b.size, coalesce(b.converted_from, b.format) as source_format, array(
    select r.recipe_hash || ' ' || r.format || ' ' || r.etag || ' ' || r.size || ' ' || r.marks
    from any_rendition r where r.blob_hash = b.hash
) as renditions, exists (select from missing_original m where m.hash = b.hash) as is_noted
from blob b
where b.hash > $1
order by b.hash
limit 100;

-- name: originals_to_look_at
-- Up to two hundred originals each: those that were missing when they were looked for, and those behind hash $1.
(select m.hash from missing_original m join blob b using (hash) order by m.noticed_at limit 200)
union
(select hash from blob where hash > $1 order by hash limit 200)
order by hash;

-- name: forget_missing_original
-- The bytes of a hash are in the store again.
delete from missing_original where hash = $1;

-- name: bar_blob
-- Keeps bytes from ever coming back; done twice, it changes nothing.
insert into blob_barred (hash) values ($1) on conflict (hash) do nothing;

-- name: lift_bar
-- Lets bytes come back.
delete from blob_barred where hash = $1;

-- name: blob_of_image
-- The bytes that an image shows, deleted or not.
select p.blob_hash from image i join picture p on p.id = i.picture_id where i.id = $1;

-- name: images_of_blob
-- The live gallery entries that show a blob.
select i.id, i.product_id from image i join picture p on p.id = i.picture_id
where p.blob_hash = $1 and i.deleted_at is null
order by i.product_id, i.id;

-- name: set_owners_of_blob
-- The products in whose sets, beyond the gallery, a blob is.
select distinct s.product_id
from picture p
join image_set_link l on l.picture_id = p.id
join image_set s on s.id = l.set_id
where p.blob_hash = $1
order by s.product_id;

-- name: delete_links_of_blob
-- Takes a blob out of all image sets.
delete from image_set_link l using picture p where p.id = l.picture_id and p.blob_hash = $1;

-- name: withdraw_paths_of_blob
-- Paths that serve or served a blob answer 404 for ever.
update file_path set withdrawn_at = coalesce(withdrawn_at, now()), blob_hash = null, clean_recipe = null where blob_hash = $1;

-- name: blob_hashes_behind
-- The next thousand blobs behind hash $1.
select hash from blob where hash > $1 order by hash limit 1000;

-- name: missing_renditions
-- Those of the blobs $1 that lack a rendition of one of the recipes $2 that has not failed, in their own format or in one
-- of the formats $3; or the cleaning $4, or $5 for a picture with marks. Where marks are kept ($6), renditions carry
-- those of their picture, and pictures whose marks nobody has looked for lack that much; so do those that are ready and
-- that nothing stands for while they load, whose pixels nobody looked at, or into which nobody looked.
with asked as (
    select
        b.hash, b.size, b.format, case when $6::boolean then coalesce(b.marks, '') else '' end as marks,
        $6::boolean and b.marks is null as unseen,
        b.state = 'ready' and (b.thumbhash is null or b.pixel_facts is null or b.notes is null) as bare
    from blob b
    where b.hash = any ($1::bytea[])
), wanted as (
    select a.hash, r.recipe_hash, f.format, a.marks
    from asked a
    cross join unnest($2::text[]) as r (recipe_hash)
    cross join lateral (select a.format union select unnest($3::text[])) as f (format)
    union all
    select a.hash, case when a.marks <> '' then $5::text else $4::text end, a.format, ''
    from asked a
), missing as (
    select w.hash
    from wanted w
    where not exists (
        select from any_rendition r
        where r.blob_hash = w.hash and r.recipe_hash = w.recipe_hash and r.format = w.format and r.marks = w.marks
    )
    and not exists (
        select from rendition_failure f
        where f.blob_hash = w.hash and f.recipe_hash = w.recipe_hash and w.marks = ''
        union all
        select from marked_rendition_failure f
        where f.blob_hash = w.hash and f.recipe_hash = w.recipe_hash and f.marks = w.marks and w.marks <> ''
    )
)
select a.hash, '' as key, null::jsonb as edit, a.size, a.format, a.unseen, a.bare, count(m.hash) as missing
from asked a
left join missing m using (hash)
group by a.hash, a.size, a.format, a.unseen, a.bare
having a.unseen or a.bare or count(m.hash) > 0
order by a.hash;

-- name: former_recipes
-- Recipes that are not in force ($1) and not retired yet.
select hash from recipe where hash <> all ($1::text[]) and retired_at is null;

-- name: rendition_page
-- The last of the next thousand renditions behind $1, $2, $3, $4.
select blob_hash, recipe_hash, format, marks from (
    select blob_hash, recipe_hash, format, marks from any_rendition
    where (blob_hash, recipe_hash, format, marks) > ($1::bytea, $2::text, $3::text, $4::text)
    order by blob_hash, recipe_hash, format, marks
    limit 1000
) page
order by blob_hash desc, recipe_hash desc, format desc, marks desc
limit 1;

-- name: former_renditions
-- The renditions behind $3, $4, $5, $6 up to $7, $8, $9, $10 that were made with one of the recipes $2, and whether they are
-- stale: made longer than $1 ago, no live image was promised them and no path serves them.
with page as materialized (
    select blob_hash, recipe_hash, format, marks, size, created_at from any_rendition
    where (blob_hash, recipe_hash, format, marks) > ($3::bytea, $4::text, $5::text, $6::text)
        and (blob_hash, recipe_hash, format, marks) <= ($7::bytea, $8::text, $9::text, $10::text)
    order by blob_hash, recipe_hash, format, marks
    limit 2000
)
select
    r.blob_hash, r.recipe_hash, r.format, r.marks, r.size,
    r.created_at < now() - $1::interval
    and not exists (
        select from picture p join image i on i.picture_id = p.id
        where p.blob_hash = r.blob_hash and i.deleted_at is null and r.recipe_hash = any (i.recipes)
    )
    -- with a limit, since by itself a plan may read all paths for a page
    and (
        select true from file_path f where f.blob_hash = r.blob_hash and f.clean_recipe = r.recipe_hash limit 1
    ) is null
    as is_stale
from page r
where r.recipe_hash = any ($2::text[])
order by r.blob_hash, r.recipe_hash, r.format, r.marks;

-- name: unrecorded_renditions
-- Those of the places $1, $2, $3, $4 at which no rendition is recorded.
select blob_hash, recipe_hash, format, marks
from unnest($1::bytea[], $2::text[], $3::text[], $4::text[]) as place (blob_hash, recipe_hash, format, marks)
where not exists (
    select from any_rendition r
    where r.blob_hash = place.blob_hash and r.recipe_hash = place.recipe_hash and r.format = place.format
        and r.marks = place.marks
);

-- name: delete_rendition
-- Forgets one rendition, with the marks or the edit $4.
with marked as (
    delete from marked_rendition where blob_hash = $1 and recipe_hash = $2 and format = $3 and marks = $4
), edited as (
    delete from edited_rendition where blob_hash = $1 and recipe_hash = $2 and format = $3 and key = $4
)
delete from rendition where blob_hash = $1 and recipe_hash = $2 and format = $3 and $4 = '';

-- name: promised_recipes
-- The last of the next thousand images behind $1, and the recipes that those of them that live were promised.
with page as materialized (select id, recipes, deleted_at from image where id > $1 order by id limit 1000)
select max(id) as last, array(
    select distinct unnest(recipes) from page where deleted_at is null
) as recipes
from page;

-- name: serving_recipes
-- The last of the next thousand file paths behind $1, and the cleanings that those of them were given that serve or may
-- serve again.
with page as materialized (
    select path, clean_recipe, blob_hash from file_path where path > $1 order by path limit 1000
)
select max(path) as last, array(
    select distinct clean_recipe from page where blob_hash is not null
) as recipes
from page;

-- name: failed_recipes
-- The last of the next thousand failures behind $1, $2, and their recipes.
with page as materialized (
    select blob_hash, recipe_hash from (
        select blob_hash, recipe_hash from rendition_failure
        union all
        select blob_hash, recipe_hash from marked_rendition_failure
        union all
        select blob_hash, recipe_hash from edited_rendition_failure
    ) failure
    where (blob_hash, recipe_hash) > ($1::bytea, $2::text)
    order by blob_hash, recipe_hash
    limit 1000
)
select (array_agg(blob_hash order by blob_hash desc, recipe_hash desc))[1] as last_blob,
    (array_agg(recipe_hash order by blob_hash desc, recipe_hash desc))[1] as last_recipe,
    array(select distinct recipe_hash from page) as recipes
from page;

-- name: retire_recipes
-- The recipes $1, unless they are younger than $2, are not built any more.
update recipe set retired_at = now() where hash = any ($1::text[]) and created_at < now() - $2::interval;

-- name: release_types_of_blob
-- The types that entries of a blob still hold become an explicit "none".
update image_type_assignment a set image_id = null
from image i join picture p on p.id = i.picture_id
where a.image_id = i.id and p.blob_hash = $1;

-- name: delete_images_of_blob
-- Takes what entries a blob still has out of every list.
update image i set deleted_at = now(), updated_at = now() from picture p
where p.id = i.picture_id and p.blob_hash = $1 and i.deleted_at is null;

-- name: paths_of_blob
-- The paths that serve a blob, and those that its images had when they were deleted.
select path from file_path where blob_hash = $1
union
select i.file_path from picture p join image i on i.picture_id = p.id
where p.blob_hash = $1 and i.file_path is not null
order by path;

-- name: all_images_of_blob
-- What shows a blob in galleries, deleted or not, and pictures that do so elsewhere: these have no image.
select p.id as picture_id, i.id, i.file_name, i.file_updated_at
from picture p
left join image i on i.picture_id = p.id
where p.blob_hash = $1
order by i.id, p.id;

-- name: held_renditions
-- What is recorded of a blob, by recipe, and the format in which it is shown itself.
select distinct c.name, r.recipe_hash, r.marks, r.format, b.format as own_format
from any_rendition r
join blob b on b.hash = r.blob_hash
join recipe c on c.hash = r.recipe_hash
where r.blob_hash = $1 and c.box_width is not null
order by c.name, r.recipe_hash, r.marks, r.format;
