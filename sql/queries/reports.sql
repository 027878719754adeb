-- name: images_to_check
-- What checks look at: of the images of the product with SKU $1 in their order (with $4 of that one alone), or (null) of the
-- next $3 from id $2 on, the live ones by id. On each row, and on a single one without an image, whether there is that product, how many images
-- were looked at, and where that ended.
-- State, sides and what was found in the pixels are those of what is shown: of the edited picture, where there is one.
-- `size` is that of the public original, null before it was made. `texts` has a row for each language in which the image
-- is shown, and whether it has an alternative text there; store views without a locale go by their code, and
-- where there are none `default` stands for all. The first 2,000 images of a gallery are compared with one another, so that
-- one is not read as a whole for each part of it.
-- (A limit of 1 has what belongs to a row looked up for that row, by way of the indexes.)
with owner as (
    select id from product where sku = $1::text and deleted_at is null
), languages as materialized (
    select id as store, coalesce(locale, code) as language, locale from store_view where active
    union all
    select null, 'default', null where not exists (select from store_view where active)
), looked as materialized (
    (select id, product_id, 0::bigint as place from image where $1 is null and id >= $2::bigint order by id limit $3::integer)
    union all
    select i.id, i.product_id, row_number() over (order by i.position nulls last, i.id)
    from owner join image i on i.product_id = owner.id and i.deleted_at is null
    where $4::bigint is null or i.id = $4
), compared as materialized (
    select l.product_id, i.id, c.blob_hash
    from (select distinct product_id from looked) l
    cross join lateral (
        select id, picture_id from image
        where product_id = l.product_id and deleted_at is null
        order by position, id limit 2000
    ) i
    join picture c on c.id = i.picture_id
), twice as materialized (
    select product_id, blob_hash, array_agg(id order by id) as images
    from compared
    where blob_hash is not null
    group by product_id, blob_hash
    having count(*) > 1
)
select
    exists (select from owner) as is_known, (select count(*) from looked) as looked,
    (select max(id) from looked) as looked_to, shown.*,
    compared.id is not null as is_compared
from (select) one
left join (
    select l.place, d.*
    from looked l
    cross join lateral (
        select
            i.id, i.product_id, p.sku, f.path, b.format, b.frames, r.size,
            coalesce(e.state, b.state) as state, coalesce(e.width, b.width) as width, coalesce(e.height, b.height) as height,
            case when e.key is null then b.orientation else 1 end as orientation,
            case when e.key is null then b.pixel_facts else e.pixel_facts end as pixel_facts,
            (
                select json_object_agg(said.language, said.is_said order by said.language)
                from (
                    select s.language, bool_and(
                        coalesce(nullif(t.large, ''), nullif(t.small, ''), nullif(o.label, ''), nullif(i.label, '')) is not null
                    ) as is_said
                    from languages s
                    left join image_store o on o.image_id = i.id and o.store_view_id = s.store
                    left join picture_text t on t.picture_id = i.picture_id and t.locale = s.locale
                    where not coalesce(o.excluded, i.excluded, false) and not coalesce(o.hidden, false)
                    group by s.language
                ) said
            ) as texts,
            (array_remove(w.images, i.id))[1:20] as duplicates
        from image i
        join product p on p.id = i.product_id and p.deleted_at is null
        join picture c on c.id = i.picture_id
        left join blob b on b.hash = c.blob_hash
        left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
        left join twice w on w.product_id = i.product_id and w.blob_hash = c.blob_hash
        left join file_path f on f.path = i.file_path and f.withdrawn_at is null
        left join rendition r
            on r.blob_hash = f.blob_hash and r.recipe_hash = f.clean_recipe and r.format = b.format
        where i.id = l.id and i.deleted_at is null
        limit 1
    ) d
) shown on true
left join compared on compared.id = shown.id
order by shown.place, shown.id;

-- name: lacking_products
-- What the next $2 products behind id $1 lack, in the words of `missing`: a row for each thing, and for a product that
-- lacks nothing one without it; by id.
select p.id, p.sku, lacks.what
from (select id, sku, deleted_at from product where id > $1::bigint order by id limit $2::integer) p
left join product_lacks(p.id) lacks on p.deleted_at is null
order by p.id, lacks.what;
