-- name: old_hashes
-- The next thousand hashes behind $2 of which there is a blob or a claim older than $1.
(select hash from blob where hash > $2 and created_at < $1 order by hash limit 1000)
union
(select distinct hash from blob_claim where hash > $2 and claimed_at < $1 order by hash limit 1000)
order by hash
limit 1000;

-- name: unused_blobs
-- Those of the hashes $2 that nothing refers to and that are not younger than $1.
select c.hash, coalesce(b.size, 0) as size
from unnest($2::bytea[]) as c (hash)
left join blob b using (hash)
where (b.hash is null or b.created_at < $1)
    and not exists (
        select from picture p join image i on i.picture_id = p.id where p.blob_hash = c.hash and i.deleted_at is null
    )
    and not exists (select from picture p join image_set_link l on l.picture_id = p.id where p.blob_hash = c.hash)
    and not exists (select from file_path f where f.blob_hash = c.hash)
    and not exists (select from blob_claim k where k.hash = c.hash and k.claimed_at >= $1)
    and not exists (
        select from pgqueuer j
        where j.dedupe_key in ('render:' || encode(c.hash, 'hex'), 'render-further:' || encode(c.hash, 'hex'))
            and j.status in ('queued', 'picked')
    )
order by c.hash;

-- name: delete_served_claims
-- Removes the claims of the hashes $1 that are older than $2 and whose upload has ended: its blob is recorded.
delete from blob_claim k
where k.hash = any ($1::bytea[]) and k.claimed_at < $2 and exists (select from blob b where b.hash = k.hash);

-- name: delete_renditions_of_blob
-- Forgets the renditions of a blob.
delete from rendition where blob_hash = $1;

-- name: recipe_hashes
-- All recipes that renditions may have been made with.
select hash from recipe;

-- name: delete_rendition_failures_of_blob
-- Forgets what could not be built of a blob.
delete from rendition_failure where blob_hash = $1;

-- name: externalise_pictures
-- Pictures that also have URLs go on as external ones.
update picture set blob_hash = null where blob_hash = $1 and num_nonnulls(url_large, url_small) > 0;

-- name: delete_dead_store_settings
-- Forgets what store views said of deleted images whose picture is about to go.
delete from image_store o using image i join picture p on p.id in (i.picture_id, i.imported_picture_id)
where o.image_id = i.id and p.blob_hash = $1 and i.deleted_at is not null;

-- name: delete_dead_images
-- Removes deleted images whose picture is about to go.
delete from image i using picture p
where p.id in (i.picture_id, i.imported_picture_id) and p.blob_hash = $1 and i.deleted_at is not null;

-- name: release_imported_pictures
-- Images with another picture now no longer remember the one that is about to go.
update image i set imported_picture_id = null from picture p where p.id = i.imported_picture_id and p.blob_hash = $1;

-- name: delete_texts_of_blob
-- Forgets the texts of pictures that are about to go.
delete from picture_text t using picture p where p.id = t.picture_id and p.blob_hash = $1;

-- name: delete_pictures_of_blob
-- Removes the pictures of a blob that nothing uses any more.
delete from picture where blob_hash = $1;

-- name: delete_claims
-- Removes the claims of a hash that are older than $2.
delete from blob_claim where hash = $1 and claimed_at < $2;

-- name: delete_blob
-- Removes a blob's row.
delete from blob where hash = $1;

-- name: blobs_after
-- The next blobs behind a hash, in the order of their hashes, with what the store should hold of each.
select b.hash, array(
    select r.recipe_hash || ' ' || r.format || ' ' || r.etag from rendition r where r.blob_hash = b.hash
) as renditions
from blob b
where b.hash > $1
order by b.hash
limit 100;

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

-- name: delete_links_of_blob
-- Takes a blob out of all image sets.
delete from image_set_link l using picture p where p.id = l.picture_id and p.blob_hash = $1;

-- name: withdraw_paths_of_blob
-- Paths that served a blob answer 404 for ever.
update file_path set withdrawn_at = now(), blob_hash = null where blob_hash = $1;

-- name: missing_renditions
-- Blobs behind hash $1 that lack a rendition of one of the recipes $2 that has not failed: in their own format or,
-- of a recipe other than the cleaning $4, in one of the formats $3.
select b.hash, b.size, b.format, count(*) as missing
from blob b
cross join unnest($2::text[]) as wanted (recipe_hash)
cross join lateral (
    select b.format
    union
    select unnest($3::text[]) where wanted.recipe_hash <> $4
) as f (format)
where b.hash > $1
    and not exists (
        select from rendition r
        where r.blob_hash = b.hash and r.blob_hash > $1 and r.recipe_hash = wanted.recipe_hash and r.format = f.format
    )
    and not exists (
        select from rendition_failure f where f.blob_hash = b.hash and f.recipe_hash = wanted.recipe_hash
    )
group by b.hash, b.size, b.format
order by b.hash
limit 1000;

-- name: former_renditions
-- The next thousand renditions behind $3, $4, $5 that were made before $1 with a recipe that is not among those in force
-- ($2), and whether they are stale: no live image was promised them and no path serves them.
with next as materialized (
    select blob_hash, recipe_hash, format, size from rendition
    where (blob_hash, recipe_hash, format) > ($3::bytea, $4::text, $5::text)
        and created_at < $1 and recipe_hash <> all ($2::text[])
    order by blob_hash, recipe_hash, format
    limit 1000
)
select
    n.blob_hash, n.recipe_hash, n.format, n.size,
    not exists (
        select from picture p join image i on i.picture_id = p.id
        where p.blob_hash = n.blob_hash and i.deleted_at is null and n.recipe_hash = any (i.recipes)
    )
    and not exists (select from file_path f where f.blob_hash = n.blob_hash and f.clean_recipe = n.recipe_hash)
    as is_stale
from next n
order by n.blob_hash, n.recipe_hash, n.format;

-- name: delete_rendition
-- Forgets one rendition.
delete from rendition where blob_hash = $1 and recipe_hash = $2 and format = $3;

-- name: delete_unused_recipes
-- Forgets the parameters of recipes that are not in force ($1) and that nothing was made with or promised.
delete from recipe r
where r.hash <> all ($1::text[]) and r.created_at < $2
    and not exists (select from rendition where recipe_hash = r.hash)
    and not exists (select from rendition_failure where recipe_hash = r.hash)
    and not exists (select from image i where i.deleted_at is null and r.hash = any (i.recipes))
    and not exists (select from file_path f where f.clean_recipe = r.hash and f.withdrawn_at is null);

-- name: release_types_of_blob
-- The types that entries of a blob still hold become an explicit "none".
update image_type_assignment a set image_id = null
from image i join picture p on p.id = i.picture_id
where a.image_id = i.id and p.blob_hash = $1;

-- name: delete_images_of_blob
-- Takes what entries a blob still has out of every list.
update image i set deleted_at = now(), updated_at = now() from picture p
where p.id = i.picture_id and p.blob_hash = $1 and i.deleted_at is null;
