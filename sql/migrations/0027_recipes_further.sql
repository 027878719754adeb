-- migrate:up

-- What recipes say beyond a box. The version before makes none of these renditions: a recipe that it reads without them
-- has another hash, under which it would record them, so that their URLs are not there for it.
alter table recipe
    add column fit text not null default 'inside' check (fit in ('inside', 'cover', 'pad')),
    add column background text not null default 'transparent' check (background ~ '^(transparent|#[0-9a-f]{6})$'),
    add column trim integer not null default 0 check (trim between 0 and 100),
    add column margin integer not null default 0 check (margin between 0 and 49),
    add column only_format text check (only_format in ('jpeg', 'png', 'gif', 'webp', 'avif'));

-- migrate:down
alter table recipe drop column only_format, drop column margin, drop column trim, drop column background, drop column fit;
