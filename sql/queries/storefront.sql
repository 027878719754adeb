-- name: shown_media
-- What products show a storefront, asked for together: a row per image in order, a row without one for a product that
-- shows none and for an SKU of none that is public; `nr` says which of the SKUs $1 it answers, counted from 1.
-- $2 are store views' codes, or null, one for each SKU; `store` is null where there is no such one.
-- A product is public if it is enabled, in a website and visible; a variant if it is enabled, in a website, and its parent
-- public. One that shows nothing of its own shows what its parent does.
select asked.nr, store.id as store, shown.*
from unnest($1::text[], $2::text[]) with ordinality asked (sku, store, nr)
left join store_view store on store.code = asked.store
left join lateral (
    with main as (
        select p.id, p.parent_id
        from product p
        left join product r on r.id = p.parent_id
        where p.sku = asked.sku and p.deleted_at is null and p.enabled
            and exists (select from product_website w where w.product_id = p.id)
            and case when p.parent_id is null then p.visible else
                r.deleted_at is null and r.enabled and r.visible
                and exists (select from product_website w where w.product_id = r.id)
            end
    ), entry as (
        select
            o.level, i.id, i.product_id, i.picture_id, i.file_name, i.ordinal, i.edit_key, i.edit -> 'focal' as focal,
            coalesce(v.position, i.position) as position, coalesce(v.label, i.label) as label,
            min(o.level) over () as shown_level
        from (select id, 0 as level from main union all select parent_id, 1 from main where parent_id is not null) o
        join image i on i.product_id = o.id and i.deleted_at is null
        left join image_store v on v.image_id = i.id and v.store_view_id = store.id
        where not coalesce(v.excluded, i.excluded, false) and not coalesce(v.hidden, false)
    )
    select
        main.id as product, coalesce(main.parent_id, main.id) as family, e.level, e.id as image,
        coalesce(t.large, t.small, e.label) as alt, e.file_name, e.picture_id as picture,
        pic.blob_hash, pic.url_large, pic.url_small, b.format, b.width, b.height, b.orientation, b.frames,
        ed.key as edit_key, ed.width as edited_width, ed.height as edited_height, e.focal,
        case when ed.key is null then b.thumbhash else ed.thumbhash end as thumbhash,
        case when ed.key is null then b.color else ed.color end as color,
        case when b.marked_at is not null then b.marks end as marks,
        array(
            select c.code
            from image_type c
            cross join lateral (
                select a.image_id
                from image_type_assignment a
                where a.product_id = e.product_id and a.type_code = c.code
                    and (a.store_view_id is null or a.store_view_id = store.id)
                order by a.store_view_id nulls last
                limit 1
            ) held
            where held.image_id = e.id
            order by c.rank
        ) as types,
        row_number() over (order by e.position nulls last, e.ordinal) as place
    from main
    left join entry e on e.level = e.shown_level
    left join picture pic on pic.id = e.picture_id
    left join blob b on b.hash = pic.blob_hash
    left join edited_picture ed on ed.blob_hash = pic.blob_hash and ed.key = e.edit_key
    left join picture_text t on t.picture_id = pic.id and t.locale = store.locale
) shown on true
order by asked.nr, shown.place;
