-- migrate:up

-- The number that this service put behind a file's name, 0 for none: a replacement goes on with the series that a name
-- belongs to. Null where the path was brought along, or is older than this column.
alter table file_path add column suffix integer check (suffix >= 0);

-- migrate:down
alter table file_path drop column suffix;
