-- name: oauth_credentials
-- A consumer and, if there is one of that name, the access token presented with it.
select c.secret, c.name as consumer_name, t.token, t.secret as token_secret, t.consumer_key as token_consumer_key, t.user_type, t.privileges,
    t.has_role, t.admin_id, t.revoked_at is not null as revoked
from oauth_consumer c
left join oauth_token t on t.token = $2
where c.key = $1;

-- name: claim_oauth_nonce
-- Records the nonce of a write; no row where the consumer has used it before.
insert into oauth_nonce (consumer_key, nonce) values ($1, $2)
on conflict (consumer_key, nonce) do nothing
returning true;

-- name: forget_oauth_nonces
-- Removes nonces older than so many seconds: requests that carried them are refused for their age.
delete from oauth_nonce where seen_at < now() - make_interval(secs => $1);

-- name: api_key
-- An API key by its hash, unless it was revoked.
select id, name, role, audiences from api_key where key_hash = $1 and revoked_at is null;

-- name: note_use_of_keys
-- That these keys were used in this hour.
update api_key set last_used_at = date_trunc('hour', now())
where id = any ($1::bigint[]) and last_used_at is distinct from date_trunc('hour', now());

-- name: note_use_of_tokens
-- That these access tokens were used in this hour.
update oauth_token set last_used_at = date_trunc('hour', now())
where token = any ($1::text[]) and last_used_at is distinct from date_trunc('hour', now());

-- name: sealed_consumer_secrets
-- The encrypted secret of every OAuth consumer, which nobody changes meanwhile.
select key as owner, secret from oauth_consumer order by key for update;

-- name: sealed_token_secrets
-- The encrypted secret of every access token, which nobody changes meanwhile.
select token as owner, secret from oauth_token order by token for update;

-- name: reseal_consumer
-- The same secret of a consumer, encrypted anew.
update oauth_consumer set secret = $2 where key = $1;

-- name: reseal_token
-- The same secret of a token, encrypted anew.
update oauth_token set secret = $2 where token = $1;

-- name: kept_answer
-- What was answered to the key of the scope $1, unless that is longer ago than $2.
select request, status, headers, body from kept_answer where scope = $1 and kept_at > now() - $2::interval;

-- name: try_answer_lock
-- Whether nobody else is at work for a key, from now on until the transaction ends.
select pg_try_advisory_xact_lock($1);

-- name: keep_answer
-- Keeps an answer, in the place of one that is too old to count. $6: the images that it may tell of; null: nobody knows. The
-- caller holds the key's lock.
insert into kept_answer (scope, request, status, headers, body, images) values ($1, $2, $3, $4::jsonb, $5, $6::bigint[])
on conflict (scope) do update
set request = excluded.request, status = excluded.status, headers = excluded.headers, body = excluded.body,
    images = excluded.images, kept_at = now();

-- name: forget_kept_answers
-- Removes the next ten thousand answers that were kept longer ago than $1; how many is told.
delete from kept_answer where scope in (
    select scope from kept_answer where kept_at < now() - $1::interval order by kept_at limit 10000
);

-- name: withhold_kept_answers
-- Forgets what kept answers said that tell of the images $1, or of nobody knows what: a retry of theirs is told to look.
update kept_answer set status = null, headers = null, body = null
where status is not null and (images is null or images && $1::bigint[]);
