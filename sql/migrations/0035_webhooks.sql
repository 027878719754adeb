-- migrate:up

-- Who is told of changes, at an address of theirs. Each has read the log up to a row: of what people do, and, apart from
-- that, of what comes in bulk, so that these wait for nobody's import. One process at a time delivers (`holder`).
create table webhook (
    id bigint generated always as identity primary key,
    url text not null check (char_length(url) <= 2000),
    types text[] not null,
    sku_prefix text check (char_length(sku_prefix) <= 255),
    description text check (char_length(description) <= 1000),
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    disabled_reason text check (disabled_reason in ('asked', 'gone', 'failing')),
    read_to bigint not null,
    bulk_read_to bigint not null,
    succeeded_at timestamptz,
    failing_since timestamptz,
    holder text,
    held_until timestamptz,
    check ((disabled_at is null) = (disabled_reason is null))
);

-- What signs for it, sealed with `SECRET_KEY`: the newest, and for a day the one before.
create table webhook_secret (
    id bigint generated always as identity primary key,
    webhook_id bigint not null references webhook on delete cascade,
    sealed bytea not null,
    ends_at timestamptz
);
create index webhook_secret_by_webhook on webhook_secret (webhook_id);

-- An event on its way to a webhook, or what became of it; `id` is the same on every try. The body is made at the first
-- try and kept. `refused` counts the tries that failed while others passed.
create table webhook_delivery (
    id text primary key,
    number bigint generated always as identity,
    webhook_id bigint not null references webhook on delete cascade,
    type text not null,
    change_id bigint not null,
    part integer not null,
    image_id bigint,
    is_bulk boolean not null default false,
    state text not null default 'pending' check (state in ('pending', 'done', 'failed')),
    body bytea,
    tries jsonb not null default '[]',
    tried integer not null default 0,
    refused integer not null default 0,
    created_at timestamptz not null,
    first_tried_at timestamptz,
    next_try_at timestamptz
);
create index webhook_delivery_by_webhook on webhook_delivery (webhook_id, number);
create index webhook_delivery_pending on webhook_delivery (webhook_id, change_id, part) where state = 'pending';
create index webhook_delivery_by_age on webhook_delivery (created_at) where state <> 'pending';
create index webhook_delivery_by_image on webhook_delivery (image_id) where image_id is not null;

-- migrate:down
drop table webhook_delivery, webhook_secret, webhook;
