-- migrate:up transaction:false

-- Deliveries of a webhook in one state, the latest first: those that failed are few, of as many as the history keeps.
create index concurrently if not exists webhook_delivery_by_state on webhook_delivery (webhook_id, state, number);

-- migrate:down
drop index webhook_delivery_by_state;
