-- migrate:up

-- Marks of authorship and of artificial making: 16 digits that tell them from others, '' for a picture without any, null
-- where nobody has looked yet. Renditions carry them from `marked_at` on, when they were built with them.
alter table blob add column marks text, add column marked_at timestamptz;
alter table blob add constraint blob_marks_are_a_key check (marks ~ '^([0-9a-f]{16})?$') not valid;

-- While the bytes of a blob are being removed, whose row is gone.
alter table blob_claim add column marks text;

-- Renditions that carry a picture's marks stand beside those of before, whose URLs go on.
create table marked_rendition (
    blob_hash bytea not null references blob,
    marks text not null check (marks ~ '^[0-9a-f]{16}$'),
    recipe_hash text not null references recipe,
    format text not null,
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    size bigint not null check (size > 0),
    etag text not null,
    created_at timestamptz not null default now(),
    primary key (blob_hash, recipe_hash, format, marks)
);
create index marked_rendition_by_recipe on marked_rendition (recipe_hash);

create table marked_rendition_failure (
    blob_hash bytea not null references blob,
    marks text not null,
    recipe_hash text not null references recipe,
    reason text not null,
    failed_at timestamptz not null default now(),
    primary key (blob_hash, marks, recipe_hash)
);

create view any_rendition as
select blob_hash, recipe_hash, format, ''::text as marks, size, etag, created_at from rendition
union all
select blob_hash, recipe_hash, format, marks, size, etag, created_at from marked_rendition;

create trigger notify_delete after delete on marked_rendition referencing old table as changed
    for each statement execute function removed_rendition();

-- From the moment that its renditions carry marks a picture has other URLs: the families of all its users change.
create function changed_marks() returns trigger language plpgsql as $$
begin
    if exists (select from former f join changed c using (hash) where c.marked_at is distinct from f.marked_at) then
        perform notify_families(families_of_pictures(array(
            select p.id from former f join changed c using (hash) join picture p on p.blob_hash = c.hash
            where c.marked_at is distinct from f.marked_at
        )));
    end if;
    return null;
end
$$;
create trigger notify_change after update on blob referencing old table as former new table as changed
    for each statement execute function changed_marks();

-- migrate:down
drop trigger notify_change on blob;
drop function changed_marks;
drop view any_rendition;
drop table marked_rendition_failure, marked_rendition;
alter table blob_claim drop column marks;
alter table blob drop column marked_at, drop column marks;
