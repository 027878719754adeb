-- migrate:up

-- Renditions are immutable, so delivery keeps hot ones in memory; one that is removed must not be sent from there.
create trigger notify_delete after delete on rendition for each statement execute function changed_path();

-- migrate:down
drop trigger notify_delete on rendition;
