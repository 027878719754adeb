-- A shop of any size, by statements instead of requests: $1 products of three images each, with bytes of their own.
-- Run statement by statement, each with the number of products.
insert into blob (hash, size, format, width, height)
select sha256(convert_to('bench-' || n, 'UTF8')), 1500000, 'jpeg', 3000, 2000 from generate_series(1, 3 * $1::integer) n;

insert into product (id, sku, sku_key, slug, name)
select n, code, code, code, 'Product ' || n from (
    select n, 'bench-' || lpad(n::text, 8, '0') as code from generate_series(1, $1::integer) n
) numbered;

insert into product_term (term, product_id)
select distinct term, n from (
    select n, unnest(array['bench-' || lpad(n::text, 8, '0'), 'product', n::text]) as term
    from generate_series(1, $1::integer) n
) found;

insert into product_website (product_id, website_id)
select n, (select min(id) from website) from generate_series(1, $1::integer) n;

insert into picture (id, blob_hash)
select n, sha256(convert_to('bench-' || n, 'UTF8')) from generate_series(1, 3 * $1::integer) n;

insert into file_path (path, blob_hash, clean_recipe)
select '/b/e/bench-' || n || '.jpg', sha256(convert_to('bench-' || n, 'UTF8')), 'bench'
from generate_series(1, 3 * $1::integer) n;

insert into image (id, product_id, picture_id, imported_picture_id, file_name, file_path, label, position)
select
    n, 1 + (n - 1) / 3, n, n, 'bench-' || n || '.jpg', '/b/e/bench-' || n || '.jpg', 'Image ' || n, 1 + (n - 1) % 3
from generate_series(1, 3 * $1::integer) n;

select setval(pg_get_serial_sequence(name, 'id'), $1::bigint * times)
from (values ('product', 1), ('picture', 3), ('image', 3)) filled (name, times);
