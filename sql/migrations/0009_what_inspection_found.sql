-- migrate:up

-- What inspection found: a list of {"code", "measured"}; null where nobody looked. And the format that was uploaded, where
-- the picture is shown in another one, which is the blob's format everywhere else. The version before leaves both null.
alter table blob add column notes jsonb;
alter table blob add column converted_from text;

-- migrate:down
alter table blob drop column notes, drop column converted_from;
