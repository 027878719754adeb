-- name: lock_provisioning
-- Lets one transaction at a time provision, so that what it checked still holds when it writes.
select pg_advisory_xact_lock(hashtextextended('provisioning', 0));

-- name: products_to_provision
-- The products that a batch names by SKU, and those that hold an id it asks for, deleted ones included.
select
    p.id, p.sku, p.slug, p.name, p.parent_id, p.enabled, p.visible, p.supports_images,
    p.deleted_at is not null as deleted,
    exists (select from product c where c.parent_id = p.id) as has_children,
    array(
        select w.code from product_website pw join website w on w.id = pw.website_id where pw.product_id = p.id
    ) as websites
from product p
where p.id in (
    select named.id from unnest($1::text[]) as wanted (sku) join product named on named.sku = wanted.sku and named.deleted_at is null
    union
    select unnest($2::bigint[])
);

-- name: slugs_in_use
-- Which of these slugs products have, or had. (Joined, because a long `any` is compared row by row.)
select p.slug, p.sku, true as is_current
from unnest($1::text[]) as wanted (slug)
join product p on p.slug = wanted.slug and p.deleted_at is null
union all
select f.slug, p.sku, false
from unnest($1::text[]) as wanted (slug)
join product_former_slug f on f.slug = wanted.slug
join product p on p.id = f.product_id and p.deleted_at is null;

-- name: default_website
-- The website of the default store view.
select w.code from store_view s join website w on w.id = s.website_id where s.is_default;

-- name: websites_by_code
-- Those of these websites that exist.
select code, id from website where code = any ($1::text[]);

-- name: insert_websites
-- Creates websites.
insert into website (code) select unnest($1::text[]) returning code, id;

-- name: move_product_ids_beyond
-- Keeps the numbering of products clear of an id that was chosen.
select setval('product_id_seq', $1) from product_id_seq where last_value <= $1;

-- name: next_product_ids
-- As many new product ids.
select nextval('product_id_seq') as id from generate_series(1, $1::integer);

-- name: insert_products
-- New products, one from each place of the arrays.
insert into product (id, sku, sku_key, slug, name, parent_id, enabled, visible, supports_images, revision)
select *, 1 from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[], $8::boolean[], $9::boolean[]
);

-- name: update_products
-- New values of existing products, one from each place of the arrays.
update product p
set slug = u.slug, name = u.name, parent_id = u.parent_id,
    enabled = u.enabled, visible = u.visible, supports_images = u.supports_images
from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::boolean[], $7::boolean[]
) as u (id, slug, name, parent_id, enabled, visible, supports_images)
where p.id = u.id;

-- name: keep_former_slugs
-- Slugs that go on leading to their products; one given up again counts as given up now.
insert into product_former_slug (product_id, slug)
select * from unnest($1::bigint[], $2::text[])
on conflict (product_id, slug) do update set id = default, created_at = now();

-- name: forget_product_websites
-- Takes products out of all websites.
delete from product_website where product_id = any ($1::bigint[]);

-- name: insert_product_websites
-- Puts products into websites, one pair from each place of the arrays.
insert into product_website (product_id, website_id) select * from unnest($1::bigint[], $2::integer[]);

-- name: product_with_children
-- The product of a SKU and its children, those deleted left out.
with named as (select id from product where sku = $1 and deleted_at is null)
select id from named
union all
select c.id from named n join product c on c.parent_id = n.id and c.deleted_at is null;

-- name: delete_products
-- Marks products as deleted. The caller holds them, locked in the order of their ids as every writer of several does.
update product set deleted_at = now() where id = any ($1::bigint[]) and deleted_at is null returning id, sku;

-- name: product_was_deleted
-- Whether a product had this SKU once.
select exists (select from product where sku = $1 and deleted_at is not null);

-- name: stores_to_provision
-- The store views that have this id or this code.
select s.id, s.code, s.locale, w.code as website, s.active, s.is_default
from store_view s
join website w on w.id = s.website_id
where s.id = $1 or s.code = $2;

-- name: next_store_view_id
-- The number for a store view that was given none.
select coalesce(max(id), 0)::bigint + 1 from store_view;

-- name: clear_default_store_view
-- No store view but this one stays the default.
update store_view set is_default = false where is_default and id <> $1;

-- name: put_store_view
-- A store view with all its values.
insert into store_view (id, code, locale, website_id, active, is_default) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do update
set code = excluded.code, locale = excluded.locale, website_id = excluded.website_id,
    active = excluded.active, is_default = excluded.is_default;

-- name: list_store_views
-- The store views with ids beyond $1, so many ($2; null: all).
select s.id, s.code, s.locale, w.code as website, s.active, s.is_default
from store_view s
join website w on w.id = s.website_id
where s.id > $1::bigint
order by s.id
limit $2;

-- name: list_image_types
-- All image types by rank.
select code, rank from image_type order by rank;

-- name: page_image_types
-- The image types of codes beyond $1, so many ($2).
select code, rank from image_type where code collate "C" > $1 order by code collate "C" limit $2;

-- name: put_image_type
-- An image type with its rank.
insert into image_type (code, rank) values ($1, $2) on conflict (code) do update set rank = excluded.rank;

-- name: put_api_key
-- Lets a key in with a role, a name and its APIs; a revoked one is let in again.
insert into api_key (key_hash, role, name, audiences) values ($1, $2, $3, $4)
on conflict (key_hash) do update
set role = excluded.role, name = excluded.name, audiences = excluded.audiences, revoked_at = null
returning id, name, role, audiences, created_at, revoked_at, last_used_at;

-- name: api_key_to_change
-- A key, given its hash or its id, which nobody changes meanwhile.
select id, name, role, audiences, revoked_at from api_key where key_hash = $1 or id = $2 for update;

-- name: grant_api_key
-- A key that is known to these APIs.
update api_key set audiences = $2 where id = $1
returning id, name, role, audiences, created_at, revoked_at, last_used_at;

-- name: is_last_admin_key
-- Whether no other key would be left that may make keys through the native API.
select exists (
    select from api_key where id = $1 and role = 'admin' and 'v1' = any (audiences) and revoked_at is null
) and not exists (
    select from api_key where id <> $1 and role = 'admin' and 'v1' = any (audiences) and revoked_at is null
);

-- name: end_api_key
-- Lets a key in no more.
update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1;

-- name: api_keys
-- The keys with ids beyond $1, so many ($2; null: all), without anything secret.
select id, name, role, audiences, created_at, revoked_at, last_used_at
from api_key where id > $1
order by id
limit $2;

-- name: oauth_consumer_to_provision
-- A consumer and its sealed secret.
select key, name, secret from oauth_consumer where key = $1;

-- name: put_oauth_consumer
-- A consumer with its sealed secret.
insert into oauth_consumer (key, name, secret) values ($1, $2, $3)
on conflict (key) do update set name = excluded.name, secret = excluded.secret;

-- name: oauth_consumers
-- The consumers made after one ($1 and $2: when it was made, and its key; null: all), so many ($3; null: all): how many
-- live tokens each has, and in which hour one of its tokens was used last.
select
    c.key, c.name, c.created_at, count(t.token) filter (where t.revoked_at is null) as tokens,
    max(t.last_used_at) as last_used_at
from oauth_consumer c
left join oauth_token t on t.consumer_key = c.key
where $1::timestamptz is null or (c.created_at, c.key) > ($1, $2::text)
group by c.key
order by c.created_at, c.key
limit $3;

-- name: delete_oauth_consumer
-- Removes a consumer that has no tokens.
delete from oauth_consumer where key = $1;

-- name: delete_tokens_of_consumer
-- Removes the tokens of a consumer.
delete from oauth_token where consumer_key = $1;

-- name: oauth_token_to_provision
-- An access token with its sealed secret.
select token, consumer_key, secret, user_type, has_role, privileges, revoked_at from oauth_token where token = $1;

-- name: put_oauth_token
-- An access token with all its values; a revoked one is let in again.
insert into oauth_token (token, consumer_key, secret, user_type, has_role, privileges) values ($1, $2, $3, $4, $5, $6)
on conflict (token) do update
set consumer_key = excluded.consumer_key, secret = excluded.secret, user_type = excluded.user_type,
    has_role = excluded.has_role, privileges = excluded.privileges, revoked_at = null;

-- name: end_oauth_token
-- Lets an access token in no more.
update oauth_token set revoked_at = coalesce(revoked_at, now()) where token = $1 returning token;

-- name: oauth_tokens
-- The access tokens made after one ($1 and $2: when it was made, and itself; null: all), so many ($3; null: all), without
-- their secrets.
select token, consumer_key, user_type, admin_id, has_role, privileges, created_at, revoked_at, last_used_at
from oauth_token
where $1::timestamptz is null or (created_at, token) > ($1, $2::text)
order by created_at, token
limit $3;

-- name: catalogue_is_empty
-- Whether nobody has provisioned anything yet.
select not exists (select from product) and not exists (select from store_view);

-- name: server_version
-- The version of Postgres, for people and as a number.
select current_setting('server_version') as version, current_setting('server_version_num')::integer as number;

-- name: clock
-- What time it is for the database.
select clock_timestamp();

-- name: some_oauth_consumer
-- One consumer, to see whether its secret opens.
select key, secret from oauth_consumer order by created_at limit 1;

-- name: product_to_restore
-- Of the products that had the SKU $1 the one that was deleted last, and the children that were deleted with it.
with named as (
    select id, deleted_at from product
    where sku = $1 and deleted_at is not null order by deleted_at desc, id desc limit 1
)
select id from named
union all
select c.id from named n join product c on c.parent_id = n.id and c.deleted_at = n.deleted_at;

-- name: product_revision
-- The id and the revision of the product with the SKU $1, which nobody changes meanwhile.
select id, revision from product where sku = $1 and deleted_at is null for update;
