-- migrate:up

-- Batches that clients name by the header `Batch`, as long as something may still come to them: the name is the
-- credential's alone. `seen_at`: when it was named last.
create table open_batch (
    batch text not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text,
    via text not null,
    seen_at timestamptz not null default now(),
    primary key (batch, actor_kind, actor_id)
);

-- Work that is done in many transactions for somebody who may ask how far it has come: imports by commands, large undos.
-- `batch` is the one that its changes are. A command holds an advisory lock of its session for as long as it works
-- (class 7306, the id); an undo is in the queue until it has come to its end. `asked` is what was asked for, `told` what
-- came of it, `left_images` what was left as it is.
create table long_job (
    id bigint primary key,
    kind text not null check (kind in ('import', 'undo')),
    state text not null check (state in ('waiting', 'in_hand', 'done', 'failed', 'stopped')),
    batch text not null,
    actor_kind text not null,
    actor_id text,
    actor_name text,
    via text not null,
    request_id text,
    asked jsonb not null default '{}',
    told jsonb not null default '{}',
    done bigint not null default 0,
    total bigint,
    left_images bigint[] not null default '{}',
    failure text,
    is_to_stop boolean not null default false,
    begun_at timestamptz not null default now(),
    changed_at timestamptz not null default now()
);
create index long_job_under_way on long_job (kind, id) where state in ('waiting', 'in_hand');
create index long_job_by_age on long_job (changed_at);

-- The products of an undo that are still to be done, slice by slice, with the number of their changes: whoever takes the
-- next slice goes on where another was broken off. Product 0 stands for what is of none.
create table long_job_product (
    job_id bigint not null references long_job on delete cascade,
    slice bigint not null,
    product_id bigint not null,
    changes bigint not null,
    primary key (job_id, slice, product_id)
);

-- Whether a row of the log can be taken back: what was done to images and galleries, products that were deleted, and texts of
-- pictures that somebody wrote (imports write them with the rest of a catalogue).
create function is_undoable(kind text, via text, before jsonb) returns boolean language sql immutable as $$
    select kind in (
        'image.created', 'image.updated', 'image.replaced', 'image.moved', 'image.deleted', 'image.restored',
        'product.deleted', 'product.restored'
    )
        or (kind = 'gallery.reordered' and before ? 'positions')
        or (kind = 'picture.changed' and via <> 'import' and before ? 'texts' and not before ?| array['url_large', 'url_small', 'hash'])
$$;

-- The images of which a kept answer tells; null: which they are nobody knows, nor does a version that does not know of this.
alter table kept_answer add column images bigint[];

-- A picture that the log keeps for restoring can be removed by a version that does not know the log: then it is kept no more.
alter table change drop constraint change_picture_id_fkey, add constraint change_picture_id_fkey
    foreign key (picture_id) references picture on delete set null;

-- migrate:down
alter table change drop constraint change_picture_id_fkey, add constraint change_picture_id_fkey
    foreign key (picture_id) references picture;
alter table kept_answer drop column images;
drop function is_undoable;
drop table long_job_product, long_job, open_batch;
