"""Products at the size of a shop, and pictures that lie elsewhere. Source: console.md, screen 2, section 1 and 3."""

from typing import Final

import asyncpg
from playwright.async_api import Route, expect

from tests.console.desk import Desk
from tests.console.walking import WALK, filled, picture
from tests.lengths import by_length

pytestmark = list(WALK)

PRODUCTS: Final = by_length(5_000, 100_000)
FILL: Final = """
    with made as (
        insert into product (sku, sku_key, slug, name)
        select sku, sku, sku, 'Article number ' || place
        from generate_series(1, $1::int) place, lpad(place::text, 6, '0') padded, concat('article-', padded) sku
        returning id, sku, name
    )
    insert into product_term (term, product_id)
    select distinct word, id from made, unnest(array[sku, 'article', 'number', split_part(name, ' ', 3)]) word
"""
ELSEWHERE: Final = """
    with pic as (insert into picture (url_large) values ('https://pictures.example/sea.jpg') returning id)
    insert into image (product_id, picture_id, label, position)
    select product.id, pic.id, 'Sea', 1 from product, pic where sku = 'poster'
"""


async def test_a_long_list_answers_as_one_types(desk: Desk) -> None:
    """Each letter narrows it, by SKU and by words of the name, whatever is answered late; it goes on as one scrolls, by
    keyboard, too; a filter that few meet finds them far down."""
    connection = await asyncpg.connect(desk.dsn)
    try:
        async with connection.transaction():
            await connection.execute("select set_config('product_images.folds', 'yes', true)")
            await connection.execute(FILL, PRODUCTS)
    finally:
        await connection.close()
    last = f"article-{PRODUCTS:06}"
    await filled(desk, "zz-last", "")
    async with desk.page("reader") as page:
        await desk.goto(page, "/products")
        rows, count = page.locator(".products > li"), page.locator("products-screen .head [role=status]")
        search = page.get_by_label("Search")
        for letters in ("a", "r", "ticle-00", "0"):
            await search.press_sequentially(letters)
        await expect(rows.first).to_contain_text("article-000001")
        await expect(count).to_have_text("50 or more products")
        await search.press_sequentially("4")
        await expect(rows.first).to_contain_text("article-000400")
        await expect(count).to_have_text("50 or more products")
        await rows.last.scroll_into_view_if_needed()
        await expect(count).to_have_text("100 products")
        await search.fill(f"number {PRODUCTS}")
        await expect(count).to_have_text("No product is like this.")
        await search.fill(str(PRODUCTS))
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text(last)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/products/{last}")


async def test_pictures_that_lie_elsewhere(desk: Desk) -> None:
    """A tile names the host and asks for nothing. Where the service lets it, a button shows the pictures of that host,
    which is not told from where they are looked at; there is nothing to crop."""
    await filled(desk, "poster", "")
    connection = await asyncpg.connect(desk.dsn)
    try:
        await connection.execute(ELSEWHERE)
    finally:
        await connection.close()
    asked: list[dict[str, str]] = []

    async def there(route: Route) -> None:
        asked.append(await route.request.all_headers())
        await route.fulfill(body=picture(7), content_type="image/jpeg")

    async with desk.page("editor") as page:
        await desk.goto(page, "/products/poster")
        frame = page.locator(".gallery picture-tile")
        await expect(frame).to_contain_text("Lies on pictures.example")
        await expect(frame.get_by_role("button")).to_have_count(0)
    async with (
        desk.beside(console_external=True) as open_desk,
        open_desk.page("editor", expects=("https://pictures.example",)) as page,
    ):
        await page.route("https://pictures.example/**", there)
        await open_desk.goto(page, "/products/poster")
        assert asked == []
        await page.get_by_role("button", name="Show pictures of pictures.example").click()
        await expect(page.locator(".gallery picture-tile img")).to_have_js_property("naturalWidth", 24)
        assert asked
        assert not any("referer" in headers for headers in asked)
        await page.locator(".gallery a.label").click()
        await expect(page.locator(".big img")).to_have_js_property("naturalWidth", 24)
        await expect(page.get_by_role("button", name="Crop, turn, focal point")).to_have_count(0)
