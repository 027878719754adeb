-- What upkeep removes again from a shop that is whole: a thousand originals that nobody shows, and a rendition of a former
-- recipe of one image in a thousand. And one image in a hundred is written anew, as work of months leaves it, and one row of
-- the log in a hundred keeps the picture that an image showed before.
insert into blob (hash, size, format, width, height, state, created_at)
select sha256(convert_to('waste-' || n, 'UTF8')), 1500000, 'jpeg', 3000, 2000, 'ready', now() - interval '60 days'
from generate_series(1, 1000) n
on conflict do nothing;

insert into recipe (hash, name, version, quality, created_at)
values ('former00', 'former', 1, '{}', now() - interval '60 days')
on conflict (hash) do update set retired_at = null;

insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag, created_at)
select blob_hash, 'former00', 'jpeg', 1, 1, 100000, repeat('0', 64), now() - interval '60 days'
from picture where id % 1000 = 0
on conflict do nothing;

update image set updated_at = now() where id % 100 = 0;

update change set picture_id = image_id where image_id % 100 = 0 and picture_id is null;

update change_tidying set released_to = forgotten_to;
