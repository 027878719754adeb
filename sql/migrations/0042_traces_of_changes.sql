-- migrate:up

-- In which trace (W3C, a `traceparent`) a change was made, so that what tells of it belongs there, too. A transaction
-- that is part of one says so in `product_images.trace`; versions that know nothing of this leave it empty. In two steps,
-- so that no row is written anew.
alter table change add column trace text;
alter table change alter column trace set default nullif(current_setting('product_images.trace', true), '');
