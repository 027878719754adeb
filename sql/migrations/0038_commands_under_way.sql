-- migrate:up

-- Commands that remove much are known to be under way, too, so that the end of one that was killed is told.
alter table long_job drop constraint long_job_kind_check,
    add constraint long_job_kind_check check (kind in ('import', 'undo', 'command')) not valid;

-- migrate:down
delete from long_job where kind = 'command';
alter table long_job drop constraint long_job_kind_check,
    add constraint long_job_kind_check check (kind in ('import', 'undo'));
