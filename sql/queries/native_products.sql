-- name: native_products
-- Products as the native API shows them, in order; with each row, and on a single one without a product, how many rows
-- were looked at and where that ended. One of two questions: the products with the SKUs $1; or, with a limit $2, a page
-- behind the term $3 and the id $4. A page is filtered: $5 SKUs, $6 from which term on and $7 up to which (exclusive) one
-- of a product's lies, $8 the parent's SKU, $9 what is lacking, $10 the state of an image, $11 whether enabled, $12 the
-- code of a website; each null where it is no matter. It looks at no more than 1,000 rows.
-- A product comes with the first of its terms that matches, and so once.
-- Where few pictures are in the state asked for, the products that show them are looked at instead of all: `few` has their
-- hashes, `shown_by` the products, neither more than is few; where there are more, the next products have some of them.
-- (They are asked for in order so that an index gives them, whatever states most pictures are in.)
with few as materialized (
    (
        select hash from blob
        where $2::integer is not null and state = $10::text and state <> 'ready' order by hash limit 1001
    )
    union
    (
        select blob_hash from edited_picture
        where $2 is not null and state = $10 and state <> 'ready' order by blob_hash limit 1001
    )
), shown_by as materialized (
    select i.product_id as id
    from few join picture c on c.blob_hash = few.hash join image i on i.picture_id = c.id and i.deleted_at is null
    where (select count(*) <= 1000 from few)
    limit 4001
), way as (
    select $10 is not null and (select count(*) <= 1000 from few) and (select count(*) <= 4000 from shown_by) as by_state
), looked as materialized (
    select term, id
    from (
        (
            select '' as term, p.id from product p
            where $2 is not null and $5::text[] is null and $6::text is null and $8::text is null and p.id > $4::bigint
                and not (select by_state from way)
            order by p.id limit 1000
        )
        union all
        (
            select distinct '', s.id from shown_by s
            where $5 is null and $6 is null and $8 is null and s.id > $4 and (select by_state from way)
            order by s.id limit 1000
        )
        union all
        (
            select '', p.id from product p
            where $2 is not null and $6 is null and p.sku = any ($5) and p.deleted_at is null and p.id > $4
            order by p.id limit 1000
        )
        union all
        (
            select '', c.id from product p join product c on c.parent_id = p.id
            where $2 is not null and $5 is null and $6 is null and p.sku = $8 and p.deleted_at is null and c.id > $4
            order by c.id limit 1000
        )
        union all
        (
            select t.term, t.product_id from product_term t
            where $2 is not null and (t.term, t.product_id) > ($3::text collate "C", $4) and t.term >= $6 and t.term < $7::text
            order by t.term, t.product_id limit 1000
        )
    ) by_any_way
    order by term collate "C", id
    limit 1000
), matching as (
    select l.term, p.id
    from looked l
    join product p on p.id = l.id
    where p.deleted_at is null
        and ($6 is null or l.term = (
            select t.term from product_term t where t.product_id = l.id and t.term >= $6 order by t.term limit 1
        ))
        and ($5 is null or p.sku = any ($5))
        and ($8 is null or p.parent_id = (select id from product where sku = $8 and deleted_at is null))
        and ($11::boolean is null or p.enabled = $11)
        and ($12::text is null or exists (
            select from product_website pw join website w on w.id = pw.website_id
            where pw.product_id = p.id and w.code = $12
        ))
        and ($10 is null or exists (
            select from image i join picture c on c.id = i.picture_id
            left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
            where i.product_id = p.id and i.deleted_at is null and case
                when e.key is not null then e.state = $10
                else exists (select from blob b where b.hash = c.blob_hash and b.state = $10 and b.state <> 'ready')
            end
        ))
        and ($9::text is null or exists (select from product_lacks(p.id) lacking where lacking.what = $9))
    order by l.term collate "C", l.id
    limit $2
), chosen as materialized (
    select '' as term, p.id from product p where p.sku = any ($1::text[]) and p.deleted_at is null
    union all
    select term, id from matching
)
select
    (select count(*) from looked) as looked,
    (select array[l.term, l.id::text] from looked l order by l.term collate "C" desc, l.id desc limit 1) as looked_to,
    shown.*
from (select) one
left join (
    select w.term, d.*
    from chosen w
    cross join lateral (
        select
            p.id, coalesce(p.parent_id, p.id) as family, p.sku, p.slug, p.name, parent.sku as parent, p.enabled, p.visible,
            p.supports_images, p.revision,
            array(
                select s.code from product_website pw join website s on s.id = pw.website_id
                where pw.product_id = p.id order by s.id
            ) as websites,
            array(
                select c.sku from product c where c.parent_id = p.id and c.deleted_at is null order by c.id limit 1000
            ) as children,
            array(select what from product_lacks(p.id)) as missing,
            held.total, held.ready, held.processing, held.failed,
            cover.picture, cover.file_name, cover.blob_hash, cover.format, cover.url, cover.marks, cover.edit_key
        from product p
        left join product parent on parent.id = p.parent_id
        cross join lateral (
            select
                count(*) as total,
                count(*) filter (where coalesce(e.state, b.state) = 'ready') as ready,
                count(*) filter (where coalesce(e.state, b.state) = 'processing') as processing,
                count(*) filter (where coalesce(e.state, b.state) = 'failed') as failed
            from image i
            join picture c on c.id = i.picture_id
            left join blob b on b.hash = c.blob_hash
            left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
            where i.product_id = p.id and i.deleted_at is null
        ) held
        left join lateral (
            select
                i.file_name, c.id as picture, c.blob_hash, b.format, coalesce(c.url_small, c.url_large) as url,
                case when b.marked_at is not null then nullif(b.marks, '') end as marks,
                e.key as edit_key
            from image i
            join picture c on c.id = i.picture_id
            left join blob b on b.hash = c.blob_hash
            left join edited_picture e on e.blob_hash = c.blob_hash and e.key = i.edit_key
            where i.product_id = p.id and i.deleted_at is null
            order by i.position nulls last, i.id
            limit 1
        ) cover on true
        where p.id = w.id
        limit 1
    ) d
) shown on true
order by shown.term collate "C", shown.id;
