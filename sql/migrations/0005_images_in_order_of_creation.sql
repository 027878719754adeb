-- migrate:up transaction:false

-- Galleries are exported in the order in which their images were created.
create index concurrently if not exists image_by_ordinal on image (ordinal) where deleted_at is null;

-- migrate:down transaction:false
drop index concurrently image_by_ordinal;
