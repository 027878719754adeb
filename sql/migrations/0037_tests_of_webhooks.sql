-- migrate:up

-- How often it was tried whether a webhook is told at all: each such event has a number of its own, for ever.
alter table webhook add column tests bigint not null default 0;
update webhook w set tests = found.last
from (
    select webhook_id, max(split_part(id, '_', 3)::bigint) as last from webhook_delivery
    where type = 'webhook.test' group by webhook_id
) found
where found.webhook_id = w.id;

-- migrate:down
alter table webhook drop column tests;
