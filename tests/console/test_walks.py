"""What people do at the console, in a real browser. Source: console.md, section 3."""

import asyncio
import re
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from tests.console.desk import AXE, PHONE, SCREENS, WIDE, Desk
from tests.console.walking import WALK, becomes, filled, in_work
from tests.lengths import by_length

pytestmark = list(WALK)

EVIL: Final = "<img src=x onerror=window.hurt=1>"
ADDRESSES: Final = {
    "start": "/",
    "products": "/products",
    "product": "/products/mug",
    "image": "/images/1",
    "texts": "/texts",
    "files": "/files",
    "events": "/events",
    "webhooks": "/webhooks",
    "jobs": "/jobs",
    "keys": "/keys",
}
WIDER: Final = "document.documentElement.scrollWidth > innerWidth"
LOADING: Final = """[...document.images].filter(image => !image.complete && image.checkVisibility()
    && image.getBoundingClientRect().top < innerHeight).length"""
SERIOUS: Final = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 160)).join(' ; ')}`)"""


async def status(desk: Desk, method: str, path: str, **options: Any) -> int:
    """As a script does, with the admin's key."""
    headers = {"Authorization": f"Bearer {desk.key}"} | options.pop("headers", {})
    request = aiohttp.request(method, desk.url + path, headers=headers, **options)
    async with request as answer:
        return answer.status


def screens() -> dict[str, str]:
    """The addresses of all screens that the page has."""
    from app.console.files import sources

    [routes] = [source.read_text() for name, source in sources() if name == "routes.js"]
    return {name: ADDRESSES[name] for name in re.findall(r'name: "(\w+)"', routes)}


async def test_from_a_link_to_a_product_and_out_again(desk: Desk) -> None:
    """The link is gone from the address; search, filters and lists by keyboard; the back button and a reload lose
    nothing; after the log-out nothing is shown. Its two products are its own: other walks change what the demo has."""
    for sku in ("sieve", "sieve-large"):
        assert await status(desk, "PUT", f"/v1/products/{sku}", json={}) == 201
    assert await status(desk, "POST", "/v1/images/1/copy", json={"sku": "sieve"}) == 201
    async with desk.page() as page:
        assert page.url == f"{desk.url}/console"
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        count = page.locator("dl.counts dd").first  # other walks make products, too
        await expect(count).to_have_text(re.compile(r"^[\d,]+$"))
        products = int((await count.inner_text()).replace(",", ""))
        assert products >= 4
        await page.get_by_role("link", name="Products", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Products")
        rows = page.locator(".products > li")
        await expect(
            rows.nth(min(products, 50) - 1)
        ).to_be_visible()  # or more: what the start shows may be a minute old
        await page.keyboard.press("/")
        await page.keyboard.type("sieve")
        await expect(rows).to_have_count(2)
        assert page.url.endswith("/console/products?q=sieve")
        await page.get_by_label("Missing").select_option("image")
        await expect(rows).to_have_count(1)
        await page.go_back()
        await expect(rows).to_have_count(2)
        await page.reload()
        await expect(page.get_by_label("Search")).to_have_value("sieve")
        await expect(rows).to_have_count(2)
        await page.get_by_label("Search").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(rows.nth(1).locator("a")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/products/sieve-large")
        await page.go_back()
        await page.get_by_role("button", name="Clear the filters").click()
        await page.get_by_role("button", name="Paste a list of SKUs").click()
        await page.get_by_role("textbox", name="Paste a list of SKUs").fill("sieve; sieve-large\nnobody")
        await page.get_by_role("button", name="Show these").click()
        await expect(rows).to_have_count(2)
        await expect(page.get_by_text("Unknown: nobody")).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("dialog", name="Log in")).to_be_visible()
        for _ in range(3):
            await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name="Log in")).to_be_visible()
        assert await page.locator("main *").count() == 0


async def test_a_key_is_made_used_and_revoked(desk: Desk) -> None:
    """It is shown once and opens a session of its role, which ends with it, on the page, within a second."""
    async with desk.page() as page, desk.page(None, expects=("401",)) as other:
        await page.get_by_role("link", name="Keys").click()
        await page.get_by_role("button", name="Add a key").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("shop window")
        await dialog.get_by_label("Role").select_option("reader")
        await dialog.get_by_role("button", name="Add a key").click()
        key = await page.locator(".made code").inner_text()
        await expect(page.locator(".toast")).to_contain_text("curl -H")
        await other.goto(f"{desk.url}/console/products")
        await other.get_by_label("Key").fill("no such key")
        await other.get_by_role("button", name="Log in").click()
        await expect(other.get_by_role("dialog").get_by_role("alert")).to_contain_text("No key of the native API")
        await other.get_by_label("Key").fill(key)
        await other.keyboard.press("Enter")
        await expect(other.locator(".products > li").first).to_be_visible()
        await expect(other.get_by_role("link", name="Keys")).to_have_count(0)
        await page.reload()
        await expect(page.locator(".made")).to_have_count(0)
        row = page.get_by_role("row", name="shop window")
        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await expect(row).to_contain_text("Revoked")
        await asyncio.sleep(1)  # what the specification gives it
        await other.get_by_label("Search").fill("mug")
        await expect(other.get_by_role("dialog")).to_contain_text("Your session has ended")
        await expect(other.get_by_label("Search")).to_have_value("mug")


async def test_what_others_do_is_seen_at_once(desk: Desk) -> None:
    """An event appears while one looks; it can be read whole, and filtered."""
    async with desk.page("reader") as page:
        await page.get_by_role("link", name="Events").click()
        await expect(page.locator("events-screen .head")).to_contain_text("Live")
        assert await status(desk, "PUT", "/v1/products/hat", json={"name": EVIL}) == 201
        first = page.locator(".events > li").filter(has_text="product.created")
        await expect(first).to_contain_text("hat")
        await first.locator("summary").click()
        await expect(first.locator("pre")).to_contain_text('"type": "product.created"')
        await page.get_by_label("Types").fill("image.*")
        await expect(page.locator(".events > li")).to_have_count(0)
        assert page.url.endswith("?types=image.*")


async def test_texts_are_texts(desk: Desk) -> None:
    """Markup in a name or a label is shown as it reads, on every screen, and does nothing."""
    [image] = await filled(desk, "scale", "a")
    assert await status(desk, "PUT", "/v1/products/scale", json={"name": EVIL}) == 200
    patch = {"label": EVIL, "stores": {"german": {"label": EVIL}}}
    assert await status(desk, "PATCH", f"/v1/images/{image}", json=patch) == 200
    own = {"product": "/products/scale", "image": f"/images/{image}", "products": "/products?q=scale"}
    async with desk.page() as page:
        for address in (screens() | own).values():
            await desk.goto(page, address)
            await page.wait_for_timeout(100)  # for a picture that must not be asked for
            assert await page.evaluate("window.hurt") is None
        await desk.goto(page, own["products"])
        await expect(page.locator(".products")).to_contain_text(EVIL)


async def test_a_service_that_is_away_comes_back(desk: Desk) -> None:
    """What was typed stays, the page says so and goes on by itself."""
    await filled(desk, "kettle", "")
    async with desk.page(expects=("ERR_INTERNET_DISCONNECTED", "Failed to load resource")) as page:
        await desk.goto(page, "/products")
        await expect(page.locator(".products > li").first).to_be_visible()
        await page.context.set_offline(True)
        await page.get_by_label("Search").fill("kettle")
        await expect(page.locator(".away")).to_contain_text("does not answer")
        await page.context.set_offline(False)
        await expect(page.locator(".products > li")).to_have_count(1)
        await expect(page.locator(".away")).to_be_hidden()
        await expect(page.get_by_label("Search")).to_have_value("kettle")


async def test_pages_of_other_origins_change_nothing(desk: Desk) -> None:
    """A form, a simple request and one with JSON from another origin of the same site, which cookies go along with."""
    page_elsewhere = f"""<!doctype html><form id=f method=post action="{desk.url}/v1/products" enctype="text/plain">
        <input name='{{"items": [{{"sku": "stolen", "x' value='": 1}}]}}'></form>"""

    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(text=page_elsewhere, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", elsewhere)
    server = TestServer(app)
    await server.start_server()
    try:
        async with desk.page(expects=("",)) as page:
            await page.goto(str(server.make_url("/")))
            for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
                script = """([url, headers]) => fetch(url, {method: 'PUT', credentials: 'include', headers, body: '{}'})
                    .then(answer => answer.status, () => 'refused')"""
                post = script.replace("PUT", "POST")
                assert await page.evaluate(script, [f"{desk.url}/v1/products/stolen", headers]) == "refused"
                assert await page.evaluate(post, [f"{desk.url}/v1/jobs/retry", headers]) == "refused"
                assert await page.evaluate(post, [f"{desk.url}/console/session", headers]) == "refused"
            async with page.expect_navigation():
                await page.evaluate("document.getElementById('f').submit()")
            assert '"forbidden"' in await page.content() or '"unauthenticated"' in await page.content()
        assert await status(desk, "GET", "/v1/products/stolen") == 404
    finally:
        await server.close()


async def test_roles_show_what_they_may_do(desk: Desk) -> None:
    """A reader is offered no change, and the address of a screen that is not his shows nothing."""
    async with desk.page("reader") as page:
        names = await page.locator("nav a").all_inner_texts()
        assert "Keys" not in names
        await desk.goto(page, "/keys")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
        await desk.goto(page, "/jobs")
        await expect(page.get_by_text("Admins see here")).to_be_visible()
        await expect(page.get_by_role("button", name="Try all again")).to_have_count(0)


LOOKS: Final = by_length(
    [(WIDE, "light"), (PHONE, "dark")], [(width, scheme) for width in (WIDE, PHONE) for scheme in ("light", "dark")]
)


async def settled(page: Page) -> None:
    """Pictures are there, and nothing says that it is loading."""
    await expect(page.get_by_text("Loading …")).to_have_count(0, timeout=90_000)  # the doctor takes his time
    async with asyncio.timeout(30):
        while await page.evaluate(LOADING):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # one that is taken off the page never tells that it is loaded


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_every_screen_is_accessible_and_looked_at(desk: Desk, width: int, scheme: str) -> None:
    """axe-core finds nothing serious, nothing is wider than the screen, wide and on a phone, light and dark; pictures
    of all of them go to build/screens."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make install, with the npm registry reachable)")
    SCREENS.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[str]] = {}
    await becomes(lambda: in_work(desk), [], 60)
    async with desk.page(width=width, scheme=scheme) as page:
        for name, address in screens().items():
            await desk.goto(page, address)
            await settled(page)
            await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png")
            await page.evaluate(AXE.read_text())
            serious = await page.evaluate(SERIOUS) + (["is too wide"] if await page.evaluate(WIDER) else [])
            found |= {name: serious} if serious else {}
    assert found == {}
