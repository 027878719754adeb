"""Fields that are saved once they are left: asked about once, and never in the middle of a word. Source: console.md,
section 1."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from tests.console.desk import Desk
from tests.console.walking import WALK, call, filled, told

pytestmark = list(WALK)

TEXT = "Text of the picture, en_US, large"


@asynccontextmanager
async def held(page: Page, method: str, *, behind: str | None = None) -> AsyncIterator[asyncio.Event]:
    """The page's next request of an image or a picture by this method, behind one by another, is under way until this
    ends; the event says that it has begun."""
    begun, ends = asyncio.Event(), asyncio.Event()
    waiting = [behind] if behind else []

    async def handle(route: Route) -> None:
        if not waiting and route.request.method == method and not begun.is_set():
            begun.set()
            await ends.wait()
        if route.request.method in waiting:
            waiting.clear()
        await route.continue_()

    await page.route(re.compile(r"/v1/(images|pictures)/\d+$"), handle)
    try:
        yield begun
    finally:
        ends.set()


async def at_rest(desk: Desk, page: Page, sku: str) -> int:
    """Shown on the page: an image that is ready, whose picture another product has as well."""
    [first] = await filled(desk, sku, sku[-1])
    await call(desk, "GET", f"/v1/images/{first}", headers={"Prefer": "wait=50"})
    await call(desk, "PUT", "/v1/products/shelf", json={})
    await call(desk, "POST", f"/v1/images/{first}/copy", json={"sku": "shelf"})
    await desk.goto(page, f"/products/{sku}")
    await page.locator(".gallery a.label").first.click()
    await expect(page.get_by_label(TEXT)).to_be_visible()
    return first


async def texts(desk: Desk, image: int) -> object:
    found = await call(desk, "GET", f"/v1/images/{image}")
    return found["picture"]["texts"]


@pytest.mark.parametrize("answered", [False, True])
async def test_what_is_on_its_way_is_not_asked_about(desk: Desk, *, answered: bool) -> None:
    """Whoever goes on at once is asked nothing, before the change is answered and before it is shown; it is made all
    the same."""
    async with desk.page("editor") as page:
        image = await at_rest(desk, page, f"chair-{answered:d}")
        method, behind = ("GET", "PATCH") if answered else ("PATCH", None)
        async with held(page, method, behind=behind) as begun:
            await page.get_by_label(TEXT).fill("A chair")
            await page.keyboard.press("Enter")
            await page.get_by_role("dialog").get_by_role("button", name="Save").click()
            await asyncio.wait_for(begun.wait(), 30)
            await page.get_by_role("link", name="Events").first.click()
            await page.wait_for_selector("events-screen h1")
            assert await page.get_by_role("dialog").count() == 0
        await told(page, "Saved")
        assert await texts(desk, image) == {"en_US": {"large": "A chair", "small": None}}


async def test_what_was_not_sent_is_asked_about(desk: Desk) -> None:
    """And nothing else is: neither the button that leads back nor the question has somebody be done with the field.
    Who leaves without saving has saved nothing."""
    async with desk.page("editor") as page:
        image = await at_rest(desk, page, "stool-2")
        text = page.get_by_label(TEXT)
        await text.fill("A sto")
        dialog = page.get_by_role("dialog", name="Leave without saving?")
        for answer in ("Stay", "Leave"):
            await page.evaluate("history.back()")
            await expect(page.get_by_role("dialog")).to_have_count(1)
            await expect(text).to_have_value("A sto")
            await dialog.get_by_role("button", name=answer).click()
        await page.wait_for_selector("product-screen h1")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await texts(desk, image) == {}


async def test_who_types_is_asked_once_and_when_they_are_done(desk: Desk) -> None:
    """An image that somebody else has changed is read anew; until that is there, somebody has begun to type."""
    async with desk.page("editor") as page:
        image = await at_rest(desk, page, "couch-3")
        text = page.get_by_label(TEXT)
        async with page.expect_response(lambda answer: answer.url.endswith("/products/couch-3/images")) as last:
            async with held(page, "GET") as begun:
                await call(desk, "PATCH", f"/v1/images/{image}", json={"label": "Couch"})
                await asyncio.wait_for(begun.wait(), 30)
                await text.fill("A cou")
            await (await last.value).finished()
        await text.press("End")
        await page.keyboard.type("ch")
        await is_saved_once(page, desk, image, "A couch")


async def test_what_is_typed_is_kept_while_its_neighbour_is_saved(desk: Desk) -> None:
    """The page is drawn anew once that is saved; whoever types goes on, in the same place, and Enter sends it then."""
    async with desk.page("editor") as page:
        image = await at_rest(desk, page, "bench-4")
        async with held(page, "GET", behind="PATCH") as begun:
            await page.get_by_label("Label, german").fill("Bank")
            await page.keyboard.press("Enter")
            await asyncio.wait_for(begun.wait(), 30)
            await page.get_by_label(TEXT).fill("A bench")
            await page.evaluate("document.querySelector('h1').id = 'former'")
        await expect(page.locator("#former")).to_have_count(0)
        await is_saved_once(page, desk, image, "A bench")


async def is_saved_once(page: Page, desk: Desk, image: int, wanted: str) -> None:
    """What is typed is in its field and was not sent; by Enter it is asked about and saved, and that is all."""
    text = page.get_by_label(TEXT)
    await expect(text).to_be_focused()
    await expect(text).to_have_value(wanted)
    assert await page.get_by_role("dialog").count() == 0
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.locator(f'input[aria-label="{TEXT}"][data-kept="{wanted}"]')).to_be_visible()
    assert await page.get_by_role("dialog").count() == 0
    assert await texts(desk, image) == {"en_US": {"large": wanted, "small": None}}
