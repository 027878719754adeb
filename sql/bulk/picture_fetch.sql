-- name: stage_external_urls
-- Lists the large URLs of pictures that an import brought, that somebody shows and whose bytes are not here.
create temp table external_url as
select row_number() over (order by min(p.id)) as place, p.url_large as url, array_agg(p.id) as pictures
from picture p
where p.blob_hash is null and p.key is not null and p.url_large is not null
    and (
        exists (select from image_set_link l where l.picture_id = p.id)
        or exists (select from image i where i.picture_id = p.id and i.deleted_at is null)
    )
group by p.url_large;
create unique index on external_url (place);

-- name: external_urls
-- The next of these URLs. $1 the place to go on behind.
select place, url, pictures from external_url where place > $1 order by place limit 500;
