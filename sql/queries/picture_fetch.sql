-- name: products_of_pictures
-- The products in whose galleries these pictures are.
select distinct product_id from image where picture_id = any ($1::bigint[]) and deleted_at is null;

-- name: adopt_blob
-- Gives pictures the bytes of their large URL, unless that is another one by now.
update picture set blob_hash = $1
where id = any ($2::bigint[]) and blob_hash is null and url_large = $3
returning id;

-- name: entries_without_file
-- The gallery entries of these pictures that have bytes and no path yet.
select i.id, i.picture_id, p.url_large, b.format
from image i
join picture p on p.id = i.picture_id
join blob b on b.hash = p.blob_hash
where i.picture_id = any ($1::bigint[]) and i.file_path is null and i.deleted_at is null
order by i.id;

-- name: give_file
-- Gives a gallery entry the file of its picture.
update image
set file_name = $2, file_path = $3, recipes = $4,
    file_updated_at = greatest(now(), file_updated_at + interval '1 second'), updated_at = now()
where id = $1;
