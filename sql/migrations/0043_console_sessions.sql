-- migrate:up

-- Links that open the console once, and the sessions that came of them or of keys: by the hash of what is shown. A link's
-- session has a role of its own, a key's that of the key.
create table console_link (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    role text not null check (role in ('reader', 'editor', 'admin')),
    made_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create table console_session (
    id bigint generated always as identity primary key,
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    key_id bigint references api_key on delete cascade,
    role text check (role in ('reader', 'editor', 'admin')),
    made_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint console_session_key_or_role_check check ((key_id is null) = (role is not null))
);
create index console_session_key on console_session (key_id);

-- Whoever remembers a session hears when one ends before its time; that its time is over they know themselves.
create trigger notify_change after update or delete on console_session
    for each row when (old.expires_at > now()) execute function changed_accounts();

-- migrate:down
drop table console_session;
drop table console_link;
