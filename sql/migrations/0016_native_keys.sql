-- migrate:up

-- A key has a name, which histories show, and is known to the APIs of its audiences alone; those made before are Spree's.
alter table api_key add column name text not null default '';
alter table api_key add column audiences text[] not null default array['spree']
    constraint api_key_audiences_check check (cardinality(audiences) > 0 and audiences <@ array['spree', 'v1']);

-- Each API has roles of its own; admins are known to both.
alter table api_key drop constraint api_key_role_check, add constraint api_key_role_check check (
    case role
        when 'admin' then true
        when 'customer' then audiences = array['spree']
        else role in ('reader', 'editor') and audiences = array['v1']
    end
);

-- In which hour a credential was used last. That is no change of who may do what, so it is not told: remembered accounts
-- stay remembered.
alter table api_key add column last_used_at timestamptz;
alter table oauth_token add column last_used_at timestamptz;
create or replace trigger notify_change after update of key_hash, role, name, audiences, revoked_at or delete on api_key
    for each statement execute function changed_accounts();
create or replace trigger notify_change
    after update of consumer_key, secret, user_type, has_role, privileges, revoked_at or delete on oauth_token
    for each statement execute function changed_accounts();

-- migrate:down
create or replace trigger notify_change after update or delete on oauth_token
    for each statement execute function changed_accounts();
create or replace trigger notify_change after update or delete on api_key
    for each statement execute function changed_accounts();
alter table oauth_token drop column last_used_at;
alter table api_key drop constraint api_key_role_check, add constraint api_key_role_check
    check (role in ('admin', 'customer')) not valid;
alter table api_key drop column last_used_at, drop column audiences, drop column name;
