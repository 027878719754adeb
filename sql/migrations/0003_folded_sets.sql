-- migrate:up

-- What an import wrote once for all languages: only such entries and sets may be written so again.
alter table image add column is_folded boolean not null default false;
alter table image_set add column is_folded boolean not null default false;

-- migrate:down
alter table image_set drop column is_folded;
alter table image drop column is_folded;
