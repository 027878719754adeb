-- migrate:up

-- Answers to requests with an idempotency key, kept by the transaction that made the change. `scope` is a digest of
-- credential and key, `request` one of all that a retry has in common with the first try. Without a status the answer held
-- a secret, and nothing of it is kept.
create table kept_answer (
    scope bytea primary key check (length(scope) = 32),
    request bytea not null,
    status integer,
    headers jsonb,
    body bytea,
    kept_at timestamptz not null default now()
);
create index kept_answer_by_age on kept_answer (kept_at);

-- migrate:down
drop table kept_answer;
