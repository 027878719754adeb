-- What sweeps have to do in a shop that `fill.sql` filled, the recipes in force registered: every image has all
-- renditions, and one in ten those of a former recipe, too.
insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
select b.hash, r.hash, 'jpeg', 1, 1, 100000, repeat('0', 64) from blob b cross join recipe r;

insert into recipe (hash, name, version, quality, created_at) values ('former00', 'former', 1, '{}', now() - interval '60 days');

insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
select blob_hash, 'former00', 'jpeg', 1, 1, 100000, repeat('0', 64) from picture where id % 10 = 0;

insert into blob_claim (hash) select hash from blob;

-- One in a hundred was destroyed.
update image set deleted_at = now(), file_path = null where id % 100 = 0;
update file_path set withdrawn_at = now(), blob_hash = null
where path in (select '/b/e/bench-' || id || '.jpg' from image where deleted_at is not null);

-- A thousand images of as many products show the same bytes.
update picture set blob_hash = sha256(convert_to('bench-1', 'UTF8')) where id % 100 = 1 and id <= 100000;
update file_path set blob_hash = sha256(convert_to('bench-1', 'UTF8'))
where path in (select '/b/e/bench-' || id || '.jpg' from picture where id % 100 = 1 and id <= 100000);
