"""Several tabs of one browser: one stream of events, one session. Source: console.md, sections 1 and 2."""

import asyncio
import re
from typing import Final

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.console.desk import Desk
from tests.console.walking import REFUSALS, WALK, call, filled
from tests.lengths import by_length

pytestmark = list(WALK)

TABS: Final = 10
NO_SHARED_WORKER: Final = "delete globalThis.SharedWorker;"
MAY_BE_HIDDEN: Final = "Object.defineProperty(Document.prototype, 'hidden', {get: () => globalThis.isAway === true});"
"""Nothing hides the tabs of a browser without windows."""
HIDES: Final = "is => { globalThis.isAway = is; document.dispatchEvent(new Event('visibilitychange')) }"


async def has_streams(desk: Desk, wanted: int) -> None:
    """So many streams of events are open at the service by now."""
    found = None
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while found != wanted:
            async with session.get(f"{desk.url}/metrics") as answer:
                figure = re.search(r'slots_taken\{[^}]*work="stream"[^}]*\} (\d+)', await answer.text())
            found = int(figure[1]) if figure else None
            await asyncio.sleep(0.1)


async def all_hear(desk: Desk, pages: list[Page], sku: str) -> None:
    """What happens now is shown in each tab."""
    await call(desk, "PUT", f"/v1/products/{sku}", json={})
    for page in pages:
        await expect(page.locator(".events > li").filter(has_text=sku).first).to_be_visible()


async def are_hidden(pages: list[Page], *, hidden: bool) -> None:
    for page in pages:
        await page.evaluate(HIDES, hidden)


async def all_live(pages: list[Page]) -> None:
    for page in pages:
        await expect(page.locator("events-screen .head")).to_contain_text("Live")


@pytest.mark.parametrize("means", ["a shared worker", "a leading tab"])
async def test_ten_tabs_have_one_stream(desk: Desk, means: str) -> None:
    """All of them hear of what happens; it is closed while none can be seen, goes on where it was, and without the tab
    that began."""
    is_shared = means == "a shared worker"
    async with desk.page("reader") as first:
        await first.context.add_init_script(MAY_BE_HIDDEN + ("" if is_shared else NO_SHARED_WORKER))
        pages = [first, *[await first.context.new_page() for _ in range(by_length(TABS if is_shared else 4, TABS) - 1)]]
        for page in pages:
            await desk.goto(page, "/events")
        await all_live(pages)
        await has_streams(desk, 1)
        await all_hear(desk, pages, f"tab-{is_shared}-1")
        await are_hidden(pages, hidden=True)
        await has_streams(desk, 0)
        await call(desk, "PUT", f"/v1/products/tab-{is_shared}-away", json={})
        await are_hidden(pages, hidden=False)
        await all_live(pages)
        await has_streams(desk, 1)
        for page in pages:
            await expect(page.locator(".events > li").filter(has_text="-away").first).to_be_visible()
        await first.close()
        await asyncio.sleep(0 if is_shared else 1)
        await all_live(pages[1:])
        await all_hear(desk, pages[1:], f"tab-{is_shared}-2")
        await has_streams(desk, 1)


async def test_a_tab_goes_on_after_another_has_logged_in_anew(desk: Desk) -> None:
    """The cookie is theirs together: the token of changes is got anew, and the change is made."""
    [image] = await filled(desk, "bell", "a")
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, f"/images/{image}")
        await desk.enter(await page.context.new_page(), "editor")
        label = page.get_by_label("Label, All")
        await label.fill("Bell")
        await page.keyboard.press("Enter")
        await expect(page.locator(".toast")).to_contain_text("Saved")
        assert (await call(desk, "GET", f"/v1/images/{image}"))["label"] == "Bell"
