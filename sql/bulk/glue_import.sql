-- name: lock_glue_import
-- Lets one import at a time run.
select pg_advisory_xact_lock(hashtextextended('glue_import', 0));

-- name: begin_image_import
-- Makes the tables that the rows of the image file and the configured languages are streamed into.
set local work_mem = '64MB';
create temp table import_row (
    line integer not null,
    set_name text collate "C" not null,
    url_large text,
    url_small text,
    locale text collate "C",
    sku text collate "C" not null,
    is_abstract boolean not null,
    sort_order integer not null,
    key text collate "C" not null,
    set_key text collate "C",
    texts text[]
) on commit drop;
create temp table import_language (locale text collate "C" not null, rank integer not null) on commit drop;

-- name: store_locales
-- The locales of the store views.
select distinct locale from store_view where locale is not null;

-- name: import_owners
-- Finds the owner of each streamed row.
create temp table import_entry on commit drop as
select r.*, p.id as product_id, false as is_folded
from import_row r
left join product p on p.sku = r.sku and p.is_root = r.is_abstract and p.deleted_at is null;
drop table import_row;
analyze import_entry;

-- name: rows_without_owner
-- The next rows that name no known product. $1 the line to go on behind.
select line, sku, is_abstract from import_entry where product_id is null and line > $1 order by line limit 10000;

-- name: forget_rows_without_owner
-- Leaves out the rows that name no known product.
delete from import_entry where product_id is null;

-- name: stage_pictures
-- The pictures named, each as the last of its rows has it, beside what is known by that key. New ones are numbered
-- in the order of their rows, so that what belongs together is written together.
create temp table import_picture on commit drop as
select
    e.key, e.url_large, e.url_small,
    coalesce(p.id, nextval('picture_id_seq')) as picture_id,
    p.id is null as is_new,
    p.id is not null and (p.url_large, p.url_small) is distinct from (e.url_large, e.url_small) as is_changed
from (select key, max(line) as line from import_entry group by key) last
join import_entry e on e.line = last.line
left join picture p on p.key = e.key
order by e.line;
analyze import_picture;
create temp table import_text on commit drop as
select distinct on (e.key, t.locale) e.key, t.locale, t.large, t.small
from import_entry e
cross join lateral (
    select e.texts[i] as locale, e.texts[i + 1] as large, e.texts[i + 2] as small
    from generate_series(1, cardinality(e.texts), 3) i
) t
where e.texts is not null
order by e.key, t.locale, e.line desc;
analyze import_text;

-- name: fold_import
-- Turns the sets of owners that show the same in every language into sets without locale. The pictures of the first
-- language are used, and get the texts of the others, which stay as pictures that no set links.
create temp table import_placed on commit drop as
with candidate as (
    select e.product_id
    from import_entry e
    left join import_language c on c.locale = e.locale
    group by e.product_id
    having bool_and(e.set_key is null and c.locale is not null)
        and not exists (
            select from image i where i.product_id = e.product_id and i.deleted_at is null and not i.is_folded
        )
        and not exists (select from image_set s where s.product_id = e.product_id and not s.is_folded)
), link as (
    select product_id, locale, set_name, key, min(line) as line, (max(array[line, sort_order]))[2] as sort_order
    from import_entry
    where product_id in (select product_id from candidate)
    group by product_id, locale, set_name, key
), headed as (
    select
        l.*,
        first_value(l.sort_order) over of_set as set_order,
        first_value(l.line) over of_set as set_line
    from link l
    window of_set as (partition by product_id, locale, set_name order by sort_order, line)
)
select
    h.product_id, h.locale, h.key, c.rank,
    array[h.set_name, coalesce(p.url_large, ''), coalesce(p.url_small, '')] as shows,
    row_number() over (partition by h.product_id, h.locale order by h.set_order, h.set_line, h.sort_order, h.line) as place
from headed h
join import_language c on c.locale = h.locale
join import_picture p on p.key = h.key;
analyze import_placed;
create temp table import_folded on commit drop as
select product_id
from (
    select product_id, count(*) as languages, min(shows) = max(shows) as is_same
    from import_placed
    group by product_id, place
) one
group by product_id
having bool_and(is_same and languages = (select count(*) from import_language));
analyze import_folded;
insert into import_text (key, locale, large, small)
select distinct on (used.key, other.locale) used.key, other.locale, t.large, t.small
from import_folded f
join import_placed used on used.product_id = f.product_id and used.rank = 0
join import_placed other on other.product_id = f.product_id and other.place = used.place and other.rank > 0
join import_text t on t.key = other.key and t.locale = other.locale
where not exists (select from import_text own where own.key = used.key and own.locale = other.locale)
order by used.key, other.locale, other.key;
delete from import_entry e
using import_folded f, import_language c
where f.product_id = e.product_id and c.locale = e.locale and c.rank > 0;
update import_entry e set locale = null, is_folded = true from import_folded f where f.product_id = e.product_id;

-- name: folded_owners
-- How many owners show the same in every language.
select count(*) from import_folded;

-- name: stage_sets
-- The sets named, each keyed one as the last of its rows has it; the gallery is none of them.
create temp table import_set on commit drop as
with named as (
    select e.set_key as key, e.product_id, e.set_name as name, e.locale, false as is_folded
    from (select set_key, max(line) as line from import_entry where set_key is not null group by set_key) last
    join import_entry e on e.line = last.line
), known as (
    select s.id, n.*, (s.product_id, s.name, s.locale) is distinct from (n.product_id, n.name, n.locale) as differs
    from named n
    left join image_set s on s.key = n.key
    union all
    select s.id, n.*, false
    from (
        select null as key, product_id, set_name as name, locale, is_folded
        from import_entry
        where set_key is null and (set_name <> 'default' or locale is not null)
        group by product_id, set_name, locale, is_folded
    ) n
    left join image_set s on s.key is null
        and s.product_id = n.product_id and s.name = n.name and s.locale is not distinct from n.locale
)
select
    coalesce(k.id, nextval('image_set_id_seq')) as set_id, k.key, k.product_id, k.name, k.locale, k.is_folded,
    k.id is null as is_new, k.id is not null and k.differs as is_changed
from known k
order by k.product_id;
analyze import_set;

-- name: stage_links
-- The places of pictures in sets and, without a set, in galleries; beside what is known. New ones are numbered in
-- the order of their lines. A picture counts as present in a gallery even if its entry was replaced or deleted since.
create temp table import_link on commit drop as
with placed as (
    select s.set_id, null::bigint as product_id, e.key, e.line, e.sort_order, false as is_folded
    from import_entry e
    join import_set s on s.key = e.set_key
    union all
    select s.set_id, null, e.key, e.line, e.sort_order, false
    from import_entry e
    join import_set s on s.key is null and e.set_key is null
        and s.product_id = e.product_id and s.name = e.set_name and s.locale is not distinct from e.locale
    union all
    select null, e.product_id, e.key, e.line, e.sort_order, e.is_folded
    from import_entry e
    where e.set_key is null and e.set_name = 'default' and e.locale is null
), place as (
    select set_id, product_id, key, is_folded, min(line) as line, (max(array[line, sort_order]))[2] as sort_order
    from placed
    group by set_id, product_id, key, is_folded
), present as (
    select
        product_id, imported_picture_id as picture_id,
        bool_or(deleted_at is null) as is_live,
        max(position) filter (where deleted_at is null) as position
    from image
    where imported_picture_id is not null
    group by product_id, imported_picture_id
)
select
    k.set_id, k.product_id, k.is_folded, k.line, k.sort_order, p.picture_id,
    least(k.sort_order::bigint + 1, 2147483647)::integer as position,
    l.id is null and e.product_id is null as is_new,
    l.sort_order <> k.sort_order
        or e.is_live and e.position is distinct from least(k.sort_order::bigint + 1, 2147483647)::integer as is_changed
from place k
join import_picture p on p.key = k.key
left join image_set_link l on l.set_id = k.set_id and l.picture_id = p.picture_id
left join present e on e.product_id = k.product_id and e.picture_id = p.picture_id;
analyze import_link;
create temp table import_new_link on commit drop as
select n.*, nextval('creation_order') as ordinal, case when product_id is not null then nextval('image_id_seq') end as image_id
from (select * from import_link where is_new order by line) n;

-- name: lock_import_galleries
-- Serialises this import with other writers of the galleries that it changes.
select id
from product
where id in (select product_id from import_link where product_id is not null and (is_new or is_changed))
order by id
for update;

-- name: write_pictures
-- Writes the pictures staged. One whose URLs changed is external again until its new bytes are fetched.
update image i
set file_path = null, file_name = null, recipes = '{}', updated_at = now()
from import_picture n
join picture p on p.id = n.picture_id
where n.is_changed and p.blob_hash is not null and i.picture_id = p.id and i.deleted_at is null;
update picture p
set url_large = n.url_large, url_small = n.url_small, blob_hash = null
from import_picture n
where n.is_changed and p.id = n.picture_id;
insert into picture (id, key, url_large, url_small)
select picture_id, key, url_large, url_small from import_picture where is_new;

-- name: stage_texts
-- The texts that differ from what is known; a size that the file does not have keeps its text.
create temp table import_new_text on commit drop as
select
    p.picture_id, t.locale, coalesce(t.large, o.large) as large, coalesce(t.small, o.small) as small,
    o.picture_id is null as is_new, p.is_new or p.is_changed as is_counted
from import_text t
join import_picture p on p.key = t.key
left join picture_text o on o.picture_id = p.picture_id and o.locale = t.locale
where o.picture_id is null
    or (o.large, o.small) is distinct from (coalesce(t.large, o.large), coalesce(t.small, o.small));

-- name: write_texts
-- Writes the texts staged.
update picture_text o
set large = t.large, small = t.small
from import_new_text t
where not t.is_new and o.picture_id = t.picture_id and o.locale = t.locale;
insert into picture_text (picture_id, locale, large, small)
select picture_id, locale, large, small from import_new_text where is_new;

-- name: write_sets
-- Writes the sets staged.
update image_set s
set product_id = n.product_id, name = n.name, locale = n.locale
from import_set n
where n.is_changed and s.id = n.set_id;
insert into image_set (id, product_id, name, locale, key, is_folded)
select set_id, product_id, name, locale, key, is_folded from import_set where is_new;

-- name: write_links
-- Writes the places of pictures in sets and galleries.
update image_set_link l
set sort_order = n.sort_order
from import_link n
where n.is_changed and l.set_id = n.set_id and l.picture_id = n.picture_id;
update image i
set position = n.position, updated_at = now()
from import_link n
where n.is_changed and i.product_id = n.product_id and i.imported_picture_id = n.picture_id and i.deleted_at is null;
insert into image_set_link (set_id, picture_id, sort_order, ordinal)
select set_id, picture_id, sort_order, ordinal from import_new_link where set_id is not null;
insert into image (id, product_id, picture_id, imported_picture_id, position, excluded, ordinal, is_folded, revision)
select image_id, product_id, picture_id, picture_id, position, false, ordinal, is_folded, 1
from import_new_link
where product_id is not null;

-- name: pictures_without_files
-- The pictures of new gallery entries whose bytes were fetched before.
select distinct n.picture_id
from import_new_link n
join picture p on p.id = n.picture_id
where n.product_id is not null and p.blob_hash is not null;

-- name: analyze_catalogue
-- Lets the planner know of rows that came in their thousands before anybody reads them.
analyze product, product_website, picture, picture_text, image, image_set, image_set_link;

-- name: count_import
-- What is created and updated of each subject, and how many there are of it in the file.
select 'images' as subject, count(*) as total, count(*) filter (where is_new) as created,
    count(*) filter (where is_changed) + (select count(distinct picture_id) from import_new_text where not is_counted)
    as updated
from import_picture
union all
select 'sets', count(*), count(*) filter (where is_new), count(*) filter (where is_changed) from import_set
union all
select 'links', count(*), count(*) filter (where is_new), count(*) filter (where is_changed) from import_link;
