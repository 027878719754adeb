-- A shop that `fill.sql` filled, as far as checks look at it: every picture is ready, cleaned and looked at; one in a
-- hundred is too small, one in twenty blurred, and a second language has texts for half of the images.
update blob set state = 'ready', width = case when get_byte(hash, 0) < 3 then 400 else 3000 end, pixel_facts = jsonb_build_object(
    'border_white', 1.0, 'border_color', '#ffffff', 'fill', 0.9, 'blur', case when get_byte(hash, 1) < 13 then 40 else 400 end
);

insert into recipe (hash, name, version, quality) values ('bench', 'clean', 1, '{}') on conflict do nothing;

insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
select hash, 'bench', 'jpeg', 3000, 2000, 1400000, repeat('0', 64) from blob;

insert into store_view (id, code, locale, website_id) select 2, 'german', 'de_DE', min(id) from website;

insert into image_store (image_id, store_view_id, label) select id, 2, 'Bild ' || id from image where id % 2 = 0;

update image set label = null where id % 1000 = 1;
