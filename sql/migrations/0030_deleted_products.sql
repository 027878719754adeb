-- migrate:up transaction:false

-- Products that were deleted, by their SKU: their history can be read, and they can be restored.
create index concurrently if not exists product_deleted on product (sku, deleted_at) where deleted_at is not null;

-- migrate:down transaction:false
drop index concurrently product_deleted;
