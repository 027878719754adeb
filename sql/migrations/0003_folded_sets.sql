-- migrate:up

-- What an import wrote once for all languages: only such entries and sets may be written so again.
alter table image add column is_folded boolean not null default false;
alter table image_set add column is_folded boolean not null default false;
create index image_by_imported_picture on image (imported_picture_id) where imported_picture_id is not null;

-- migrate:down
drop index image_by_imported_picture;
alter table image_set drop column is_folded;
alter table image drop column is_folded;
