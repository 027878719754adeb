-- name: applied_migrations
-- The versions of the migrations that this database has seen.
select version from schema_migrations;
