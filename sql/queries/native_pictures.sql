-- name: native_picture
-- A picture as the native API shows it; $2 whether renditions carry marks.
select
    c.id as picture, c.revision, c.url_large, c.url_small, c.blob_hash, b.size, b.format, b.converted_from, b.width, b.height,
    b.orientation, b.frames, b.has_alpha, b.thumbhash, b.color, b.notes, null::text as file_name, null::text as built,
    null::text as failures,
    case when $2::boolean and b.marked_at is not null then nullif(b.marks, '') end as key,
    (
        select json_object_agg(t.locale, json_build_object('large', t.large, 'small', t.small) order by t.locale)
        from picture_text t where t.picture_id = c.id
    ) as texts
from picture c
left join blob b on b.hash = c.blob_hash
where c.id = $1;

-- name: images_of_picture
-- The first images ($2 at most) that show a picture.
select i.id, p.id as product_id, p.sku
from image i
join product p on p.id = i.product_id and p.deleted_at is null
where i.picture_id = $1 and i.deleted_at is null
order by i.id
limit $2;

-- name: edits_of_picture
-- What is done to a picture for images that live, each with these and, where that changes pixels, with what comes of it; the
-- first ones ($2 at most).
select i.edit, e.state, e.width, e.height, e.thumbhash, e.color, array_agg(i.id order by i.id) as images
from image i
join product p on p.id = i.product_id and p.deleted_at is null
left join picture c on c.id = i.picture_id
left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
where i.picture_id = $1 and i.deleted_at is null and i.edit is not null
group by i.edit, e.state, e.width, e.height, e.thumbhash, e.color
order by min(i.id)
limit $2;

-- name: sets_of_picture
-- The first sets ($2 at most) that show a picture.
select s.name, s.locale, s.key, p.id as product_id, p.sku
from image_set_link l
join image_set s on s.id = l.set_id
join product p on p.id = s.product_id and p.deleted_at is null
where l.picture_id = $1
order by s.id
limit $2;

-- name: upload_of_image
-- What image $1 shows was uploaded as, also of a deleted one as long as $2; a row without a hash where its bytes are
-- nowhere: the picture lies elsewhere (`is_there`), or all that is left is what the log tells.
select true as is_there, b.hash, b.size, b.format, b.converted_from, i.file_name
from image i
join product p on p.id = i.product_id and p.deleted_at is null
join picture c on c.id = i.picture_id
left join blob b on b.hash = c.blob_hash
where i.id = $1 and (i.deleted_at is null or i.deleted_at > now() - $2::interval)
union all
select false, null, null, null, null, null
where exists (select from change where image_id = $1)
    and not exists (
        select from image i join product p on p.id = i.product_id
        where i.id = $1 and (p.deleted_at is not null or i.deleted_at is null)
    )
limit 1;
