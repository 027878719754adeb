-- name: image_sets
-- What storefronts see of products, asked for together: a row per image of the sets that a product shows, in their
-- order; a row without a set where it shows none; no row where it is unknown. Its relatives on request, the abstract
-- one first. An answer's rows come together, `nr` says which question they answer, counted from 1.
-- $1 SKUs as typed, $2 their folded spellings, $3 whether abstract products are meant, $4 locales, an entry a question;
-- $5 whether the abstract product is wanted, $6 whether concretes are, $7 whether sets are.
-- An entry's level says where it stands: own localised sets, own ones without locale (the gallery among them),
-- then the same of the abstract product. The lowest level that holds an image is shown, and nothing else.
-- Each question is answered by itself, by way of the indexes, however many there are.
select asked.nr, shown.*
from unnest($1::text[], $2::text[], $3::boolean[], $4::text[])
    with ordinality asked (sku, sku_key, is_root, locale, nr)
cross join lateral (
    with main as (
        select p.id, p.parent_id
        from product p
        where p.sku_key = asked.sku_key and p.is_root = asked.is_root and p.enabled and p.deleted_at is null
            and exists (select from product_website w where w.product_id = p.id)
        order by p.sku = asked.sku desc, p.id
        limit 1
    ), member as (
        select id, parent_id from main
        union
        select p.id, p.parent_id
        from (
            select parent_id as id from main where $5::boolean
            union all
            select c.id from main join product c on c.parent_id = main.id where $6::boolean
            union all
            select c.id from main join product c on c.parent_id = main.parent_id where $5::boolean and $6::boolean
        ) relative
        join product p on p.id = relative.id
        where p.enabled and p.deleted_at is null and exists (select from product_website w where w.product_id = p.id)
    ), owner as (
        select id as member_id, id, 0 as level from member where $7::boolean
        union all
        select m.id, p.id, 2
        from member m
        join product p on p.id = m.parent_id
        where $7::boolean and p.enabled and p.deleted_at is null
            and exists (select from product_website w where w.product_id = p.id)
    ), entry as (
        select
            o.member_id, o.level + (s.locale is null)::integer as level, s.id as set_id, s.name,
            l.sort_order::bigint as sort_order, l.ordinal, l.picture_id, null as label, null as file_name,
            null as edit_key
        from owner o
        join image_set s on s.product_id = o.id and (s.locale = asked.locale or s.locale is null)
        join image_set_link l on l.set_id = s.id
        union all
        select
            o.member_id, o.level + 1, 0, 'default',
            coalesce(v.position, i.position)::bigint - 1, i.ordinal, i.picture_id, coalesce(v.label, i.label), i.file_name,
            i.edit_key
        from owner o
        join image i on i.product_id = o.id and i.deleted_at is null
        left join lateral (
            select s.id
            from store_view s
            join product_website w on w.website_id = s.website_id and w.product_id = o.id
            where s.active and s.locale = asked.locale
            order by s.id
            limit 1
        ) scope on true
        left join image_store v on v.image_id = i.id and v.store_view_id = scope.id
        where not coalesce(v.excluded, i.excluded, false) and not coalesce(v.hidden, false)
    ), shown as (
        select e.*, min(e.level) over (partition by e.member_id) as shown_level
        from entry e
    ), placed as (
        select
            s.*,
            first_value(s.sort_order) over of_set as set_order,
            first_value(s.ordinal) over of_set as set_ordinal
        from shown s
        where s.level = s.shown_level
        window of_set as (partition by s.member_id, s.set_id order by s.sort_order nulls last, s.ordinal)
    )
    select
        m.id as product_id,
        m.id = main.id as is_main,
        coalesce(m.parent_id, m.id) as family,
        p.sku,
        parent.sku as abstract_sku,
        p.name,
        e.set_id,
        e.name as set_name,
        e.picture_id,
        e.file_name,
        pic.blob_hash,
        b.format,
        case when b.marked_at is not null then b.marks end as marks,
        shown.key as edit_key,
        pic.url_large,
        pic.url_small,
        coalesce(t.large, e.label) as alt_large,
        coalesce(t.small, e.label) as alt_small,
        row_number() over (
            order by
                p.is_root desc, m.id, e.set_order nulls last, e.set_ordinal, e.set_id,
                e.sort_order nulls last, e.ordinal
        ) as place
    from main
    cross join member m
    join product p on p.id = m.id
    left join product parent on parent.id = m.parent_id
    left join placed e on e.member_id = m.id
    left join picture pic on pic.id = e.picture_id
    left join blob b on b.hash = pic.blob_hash
    left join edited_picture shown on shown.blob_hash = pic.blob_hash and shown.key = e.edit_key
    left join picture_text t on t.picture_id = pic.id and t.locale = asked.locale
) shown
order by asked.nr, shown.place;
