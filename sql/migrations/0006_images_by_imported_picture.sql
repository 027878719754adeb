-- migrate:up transaction:false

-- A file of its own, so that building it keeps no writer waiting.
create index concurrently if not exists image_by_imported_picture on image (imported_picture_id) where imported_picture_id is not null;

-- migrate:down transaction:false
drop index concurrently image_by_imported_picture;
