-- name: fold_here
-- Says that this transaction writes the terms of its products itself, so that the trigger notes none for the worker.
select set_config('product_images.folds', 'yes', true);

-- name: insert_product_terms
-- By what products are found, one from each place of the arrays.
insert into product_term (product_id, term) select * from unnest($1::bigint[], $2::text[]) on conflict do nothing;

-- name: forget_product_terms
-- These products are found by nothing.
delete from product_term where product_id = any ($1::bigint[]);

-- name: products_to_fold
-- A range of products whose terms have yet to be folded.
select id, first, last from product_to_fold order by id limit 1 for update;

-- name: names_of_products
-- What the first $3 products of a range of ids are called, deleted ones too.
select id, sku, slug, name from product where id between $1 and $2 order by id limit $3;

-- name: go_on_folding
-- The terms of a range are folded up to this product.
update product_to_fold set first = $2 + 1 where id = $1;

-- name: end_fold
-- The terms of a range are folded.
delete from product_to_fold where id = $1;
