-- name: put_console_link
-- A link to the console for one of these roles, by the hash of its token, that can be opened for so long.
insert into console_link (token_hash, role, expires_at) values ($1, $2, now() + $3::interval);

-- name: redeem_console_link
-- The session, of a link that is opened once: the link is gone, and nothing comes of one that is too old.
with redeemed as (delete from console_link where token_hash = $1 returning role, expires_at)
insert into console_session (token_hash, role, expires_at)
select $2, role, now() + $3::interval from redeemed where expires_at > now()
returning id;

-- name: open_console_session
-- A session that stands for a key.
insert into console_session (token_hash, key_id, expires_at) values ($1, $2, now() + $3::interval)
returning id;

-- name: console_session
-- A session by its hash while it lasts, which a key's does no longer than the key; how many seconds are left of it.
select s.id, s.key_id, coalesce(k.name, 'console link') as name, coalesce(k.role, s.role) as role,
    extract(epoch from s.expires_at - now())::float8 as seconds
from console_session s
left join api_key k on k.id = s.key_id
where s.token_hash = $1 and s.expires_at > now()
    and (s.key_id is null or (k.revoked_at is null and 'v1' = any (k.audiences)));

-- name: end_console_session
-- Ends one session, by its hash.
delete from console_session where token_hash = $1;

-- name: console_sessions
-- Sessions that last, and links that can be opened (without an id), by their age.
select s.id, coalesce(k.name, 'console link') as name, coalesce(k.role, s.role) as role, s.key_id, s.made_at, s.expires_at
from console_session s
left join api_key k on k.id = s.key_id
where s.expires_at > now() and (s.key_id is null or k.revoked_at is null)
union all
select null, 'console link', role, null, made_at, expires_at from console_link where expires_at > now()
order by made_at, id;

-- name: revoke_console_sessions
-- Ends the session with the id $1, or (null) all of them.
delete from console_session where $1::bigint is null or id = $1;

-- name: revoke_console_links
-- Takes back all links that nobody has opened.
delete from console_link;

-- name: forget_console_sessions
-- Removes sessions whose time is over.
delete from console_session where expires_at <= now();

-- name: forget_console_links
-- Removes links that are too old to be opened.
delete from console_link where expires_at <= now();
