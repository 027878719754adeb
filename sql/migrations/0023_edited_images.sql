-- migrate:up transaction:false

-- Edited images by id, for who brings their edited pictures up to date: they are few among all.
create index concurrently if not exists image_edited on image (id) where edit is not null;

-- migrate:down transaction:false
drop index concurrently image_edited;
