-- name: oauth_credentials
-- A consumer and, if there is one of that name, the access token presented with it.
select c.secret, t.token, t.secret as token_secret, t.consumer_key as token_consumer_key, t.user_type, t.privileges,
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

-- name: role_of_api_key
-- The role of an API key, by its hash, unless it was revoked.
select role from api_key where key_hash = $1 and revoked_at is null;

-- name: insert_api_key
-- Admits an API key; the id names it from then on.
insert into api_key (key_hash, role) values ($1, $2) returning id;

-- name: revoke_api_key
-- Ends an API key; no row where there is none to end.
update api_key set revoked_at = now() where id = $1 and revoked_at is null returning id;

-- name: list_api_keys
-- All API keys, oldest first.
select id, role, created_at, revoked_at from api_key order by id;

-- name: insert_oauth_consumer
-- Admits an OAuth consumer.
insert into oauth_consumer (key, name, secret) values ($1, $2, $3);

-- name: insert_oauth_token
-- Gives a consumer an access token.
insert into oauth_token (token, consumer_key, secret, user_type, has_role, privileges)
values ($1, $2, $3, $4, $5, $6)
returning admin_id;

-- name: revoke_oauth_token
-- Ends an access token; no row where there is none to end.
update oauth_token set revoked_at = now() where token = $1 and revoked_at is null returning token;

-- name: list_oauth_tokens
-- All OAuth consumers with their access tokens, oldest first.
select c.key, c.name, t.token, t.user_type, t.admin_id, t.has_role, t.privileges, t.created_at, t.revoked_at
from oauth_consumer c
left join oauth_token t on t.consumer_key = c.key
order by c.created_at, c.key, t.created_at;
