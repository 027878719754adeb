-- migrate:up

-- What was found in a picture's pixels: {"border_white", "border_color", "fill", "blur"}, null until somebody looked. The
-- version before leaves it null.
alter table blob add column pixel_facts jsonb;
alter table blob add constraint blob_pixel_facts_are_an_object check (jsonb_typeof(pixel_facts) = 'object') not valid;

-- migrate:down
alter table blob drop column pixel_facts;
