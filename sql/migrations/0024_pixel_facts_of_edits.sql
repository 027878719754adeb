-- migrate:up

-- What was found in the pixels of an edited picture, as of a blob.
alter table edited_picture add column pixel_facts jsonb;
alter table edited_picture add constraint edited_picture_pixel_facts_are_an_object
    check (jsonb_typeof(pixel_facts) = 'object') not valid;

-- migrate:down
alter table edited_picture drop column pixel_facts;
