-- name: native_images
-- Images as the native API shows them, in order; before them, on each row and on a single one without an image, what they
-- were asked for by. One of three questions: the images $1; the gallery of the product with SKU $2 as the store view $3
-- (a code, or null) orders and hides it; or, with a limit $4, a page of all images behind id $5.
-- A page is filtered: $6 SKUs, $7 product, $8 state, $9 hash, $10 a store view in which the label is missing, $11 whether
-- deleted ones are asked for; each null where it is no matter. It looks at 2,000 images at most, and tells where it ended.
-- Deleted images count for as long as $12, which is how long they can be restored; those of deleted products never do.
-- $13 hashes of the recipes in force, $14 whether renditions carry marks.
-- (Limits of 1 and offsets of 0 have what belongs to a row looked up for that row, by way of the indexes; hashes are
-- asked for in order so that an index gives them, whatever states most pictures are in.)
with store as (
    select id from store_view where code = coalesce($3, $10)
), owner as (
    select p.id, coalesce(p.parent_id, p.id) as family from product p where p.sku = $2::text and p.deleted_at is null
), few as materialized (
    (
        select hash from blob
        where $4::integer is not null and state = $8 and state <> 'ready' order by hash limit 2001
    )
    union
    (
        select blob_hash from edited_picture
        where $4 is not null and state = $8 and state <> 'ready' order by blob_hash limit 2001
    )
), way as (
    select case
        when $4::integer is null then 'none'
        when $9::bytea is not null then 'hash'
        when coalesce($11::boolean, false) then 'deleted'
        when $6::text[] is not null or $7::bigint is not null then 'product'
        when $8 in ('processing', 'failed') and (select count(*) <= 2000 from few) then 'state'
        else 'id'
    end as kind
), looked as materialized (
    select id
    from (
        (select i.id from image i where (select kind = 'id' from way) and i.id > $5::bigint order by i.id limit 2000)
        union all
        (
            select i.id from image i
            where (select kind = 'deleted' from way) and i.deleted_at is not null and i.id > $5
            order by i.id limit 2000
        )
        union all
        (
            select i.id
            from (select id from product where sku = any ($6) and deleted_at is null union select $7) p
            join image i on i.product_id = p.id and i.deleted_at is null
            where (select kind = 'product' from way) and i.id > $5
            order by i.id limit 2000
        )
        union all
        (
            select i.id from picture c join image i on i.picture_id = c.id
            where (select kind = 'hash' from way) and c.blob_hash = $9 and i.id > $5
            order by i.id limit 2000
        )
        union all
        (
            select of_one.id
            from few
            cross join lateral (
                select i.id from picture c join image i on i.picture_id = c.id where c.blob_hash = few.hash offset 0
            ) of_one
            where (select kind = 'state' from way) and of_one.id > $5
            order by of_one.id limit 2000
        )
    ) by_any_way
    order by id
    limit 2000
), matching as (
    select l.id
    from looked l
    cross join lateral (
        select i.*, c.blob_hash, coalesce(e.state, b.state) as state, p.sku
        from image i
        join product p on p.id = i.product_id and p.deleted_at is null
        join picture c on c.id = i.picture_id
        left join blob b on b.hash = c.blob_hash
        left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
        where i.id = l.id
        limit 1
    ) i
    left join image_store o on o.image_id = l.id and o.store_view_id = (select id from store)
    where (i.deleted_at is null) <> coalesce($11, false)
        and ($6 is null or i.sku = any ($6)) and ($7 is null or i.product_id = $7)
        and ($8::text is null or coalesce(i.state, 'external') = $8)
        and ($9 is null or i.blob_hash = $9)
        and ($10::text is null or (
            exists (select from store) and coalesce(nullif(o.label, ''), nullif(i.label, '')) is null
            and not coalesce(o.excluded, i.excluded, false) and not coalesce(o.hidden, false)
        ))
    order by l.id
    limit $4
), chosen as materialized (
    select id, place from unnest($1::bigint[]) with ordinality asked (id, place)
    union all
    select i.id, row_number() over (order by coalesce(o.position, i.position) nulls last, i.id)
    from owner
    join image i on i.product_id = owner.id and i.deleted_at is null
    left join image_store o on o.image_id = i.id and o.store_view_id = (select id from store)
    where not coalesce(o.hidden, false)
    union all
    select id, id from matching
)
select
    owner.id as owner, owner.family as owner_family, (select id from store) as store,
    (select count(*) from looked) as looked, (select max(id) from looked) as looked_to,
    shown.*
from (select) one
left join owner on true
left join (
    select d.*, w.place
    from chosen w
    cross join lateral (
        select
            i.id, i.product_id, p.sku, coalesce(p.parent_id, p.id) as family, i.label, i.position, i.excluded, i.file_name,
            i.file_path, f.withdrawn_at is null as is_served, i.created_at, i.updated_at, i.deleted_at, i.revision,
            array(
                select a.type_code from image_type_assignment a join image_type t on t.code = a.type_code
                where a.image_id = i.id and a.store_view_id is null order by t.rank
            ) as types,
            (
                select json_object_agg(
                    s.code,
                    json_build_object(
                        'label', o.label, 'position', o.position, 'exclude', o.excluded,
                        'hidden', coalesce(o.hidden, false), 'types', coalesce(held.types, '[]')
                    )
                    order by s.id
                )
                from store_view s
                left join image_store o on o.image_id = i.id and o.store_view_id = s.id
                cross join lateral (
                    select json_agg(a.type_code order by t.rank) as types
                    from image_type_assignment a join image_type t on t.code = a.type_code
                    where a.image_id = i.id and a.store_view_id = s.id
                ) held
                where o.image_id is not null or held.types is not null
            ) as stores,
            c.id as picture, c.url_large, c.url_small, c.blob_hash, b.size, b.format, b.converted_from, b.width, b.height,
            b.orientation, b.frames, b.has_alpha, b.notes, m.key, i.edit, ed.key as edit_key,
            case when ed.key is null then b.thumbhash else ed.thumbhash end as thumbhash,
            case when ed.key is null then b.color else ed.color end as color, coalesce(ed.state, b.state) as state,
            case when ed.key is null then b.failure_code else ed.failure_code end as failure_code,
            case when ed.key is null then b.failure_detail else ed.failure_detail end as failure_detail,
            (
                select json_object_agg(t.locale, json_build_object('large', t.large, 'small', t.small) order by t.locale)
                from picture_text t where t.picture_id = c.id
            ) as texts,
            (
                select json_agg(json_build_array(r.recipe_hash, r.format, r.width, r.height, r.size))
                from (
                    select recipe_hash, format, width, height, size from rendition
                    where m.key is null and blob_hash = c.blob_hash and recipe_hash = any ($13::text[])
                    union all
                    select recipe_hash, format, width, height, size from marked_rendition
                    where marks = m.key and blob_hash = c.blob_hash and recipe_hash = any ($13)
                    union all
                    select recipe_hash, format, width, height, size from edited_rendition
                    where key = m.key and blob_hash = c.blob_hash and recipe_hash = any ($13)
                ) r
            ) as built,
            (
                select json_object_agg(x.recipe_hash, x.reason)
                from (
                    select recipe_hash, reason from rendition_failure
                    where m.key is null and blob_hash = c.blob_hash
                    union all
                    select recipe_hash, reason from marked_rendition_failure
                    where marks = m.key and blob_hash = c.blob_hash
                    union all
                    select recipe_hash, reason from edited_rendition_failure
                    where key = m.key and blob_hash = c.blob_hash
                ) x
            ) as failures,
            (
                select e.media_type from image_declared_type e where e.image_id = i.id and e.picture_id = i.picture_id
            ) as declared,
            array(
                select d.id from picture e join image d on d.picture_id = e.id
                where e.blob_hash = c.blob_hash and d.product_id = i.product_id and d.id <> i.id
                    and d.deleted_at is null and i.deleted_at is null
                order by d.id limit 20
            ) as duplicates
        from image i
        join product p on p.id = i.product_id and p.deleted_at is null
        join picture c on c.id = i.picture_id
        left join blob b on b.hash = c.blob_hash
        left join file_path f on f.path = i.file_path
        left join edited_picture ed on ed.blob_hash = c.blob_hash and ed.key = i.edit_key
        cross join lateral (
            select coalesce(
                ed.key, case when $14::boolean and b.marked_at is not null then nullif(b.marks, '') end
            ) as key
        ) m
        where i.id = w.id and (i.deleted_at is null or i.deleted_at > now() - $12::interval)
        limit 1
    ) d
) shown on true
order by shown.place;
