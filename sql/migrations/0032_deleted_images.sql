-- migrate:up transaction:false

-- Deleted images by id, for who looks for what can be restored: they are few among all.
create index concurrently if not exists image_deleted on image (id) where deleted_at is not null;

-- migrate:down transaction:false
drop index concurrently image_deleted;
