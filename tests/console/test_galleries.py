"""Galleries as people fill and order them at the console. Source: console.md, screens 3 and 4, and section 3."""

import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from playwright.async_api import expect

from tests.console.desk import Desk
from tests.console.walking import (
    DROP,
    REFUSALS,
    WALK,
    call,
    commands,
    filled,
    gallery,
    has_order,
    meanwhile,
    names,
    picture,
    run,
    tile,
    told,
    undo,
)
from tests.lengths import IS_LONG

pytestmark = list(WALK)

MANY: Final = 500 if IS_LONG else 40


async def test_a_gallery_by_mouse(desk: Desk, tmp_path: Path) -> None:
    """Files are dropped on the page; tiles dragged, moved by buttons and by a typed position; several are excluded,
    deleted and had back; one gets a type and is copied; a store view has its own order, and again the global one;
    the commands that the page shows do the same."""
    await filled(desk, "vase", "abcd")
    await filled(desk, "vase-copy", "")
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/products/vase")
        tiles = page.locator(".gallery > li")
        await expect(tiles).to_have_count(4)
        await page.evaluate(DROP, [["e.jpg", base64.b64encode(picture(3)).decode()]])
        await has_order(desk, "vase", "abcde")
        await expect(tiles).to_have_count(5)
        await page.get_by_label("Select: Image").check()
        await page.get_by_role("button", name="Delete", exact=True).click()
        await has_order(desk, "vase", "abcd")
        await expect(tiles).to_have_count(4)
        await expect(page.locator(".selection")).to_be_hidden()  # tiles lie higher then
        await tile(page, "D").drag_to(tile(page, "A"), target_position={"x": 5, "y": 60})
        await has_order(desk, "vase", "dabc")
        await told(page, "The order is saved")
        await undo(page, "The order is saved")
        await has_order(desk, "vase", "abcd")
        await page.get_by_role("button", name="Move on: A").click()
        await page.get_by_role("button", name="Move on: A").click()
        await has_order(desk, "vase", "bcad")
        await page.get_by_label("Position of: D").fill("1")
        await page.keyboard.press("Enter")
        await has_order(desk, "vase", "dbca")
        await page.get_by_label("Select: B").check()
        await page.get_by_label("Select: C").check()
        await page.get_by_role("button", name="Exclude").click()
        await told(page, "2 images excluded")
        await expect(tile(page, "B")).to_contain_text("Excluded")
        await page.get_by_role("button", name="Delete", exact=True).click()
        await told(page, "2 images deleted")
        await has_order(desk, "vase", "da")
        await expect(tiles).to_have_count(2)
        await undo(page, "2 images deleted")
        await has_order(desk, "vase", "dbca")
        assert [image["exclude"] for image in await gallery(desk, "vase")] == [False, True, True, False]
        await page.get_by_label("Select: A").check()
        await page.get_by_label("Type …").select_option("image")
        await expect(tile(page, "A")).to_contain_text("image")
        await page.get_by_role("button", name="Copy to …").click()
        await page.get_by_label("SKU of the product").fill("vase-copy")
        await page.get_by_role("dialog").get_by_role("button", name="Copy").click()
        await told(page, "1 image copied to vase-copy")
        assert await names(desk, "vase-copy") == ["a"]
        await page.get_by_label("Values of").select_option("german")
        await expect(tile(page, "A")).to_contain_text("global values")
        await page.get_by_label("Position of: A").fill("1")
        await page.keyboard.press("Enter")
        await has_order(desk, "vase", "adbc", "?store=german")
        await has_order(desk, "vase", "dbca")
        for command in await commands(page):
            if "/order" in command or "/copy" in command:
                await run(command, desk, tmp_path)
        await has_order(desk, "vase", "dbca")
        assert await names(desk, "vase-copy") == ["a", "a"]
        await expect(tile(page, "A")).to_contain_text("own here: position")
        await page.reload()
        await expect(tile(page, "A")).to_contain_text("own here: position")
        await tile(page, "A").get_by_role("button", name="Use the global value").click()
        await expect(tile(page, "A")).to_contain_text("global values")


async def test_a_gallery_by_keyboard_alone(desk: Desk) -> None:
    """Arrow keys go through the tiles, with Shift they move one, and it is said where to; Space, Delete, P, Enter."""
    ids = await filled(desk, "bowl", "abc")
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/products/bowl")
        await expect(page.locator(".gallery > li")).to_have_count(3)
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.matches('.gallery > li')"):
                break
        await expect(tile(page, "A")).to_be_focused()
        await page.keyboard.press("Shift+ArrowRight")
        await page.keyboard.press("Shift+ArrowRight")
        await expect(page.locator("[aria-live=polite]").first).to_have_text("Moved to position 3 of 3")
        await expect(tile(page, "A")).to_be_focused()
        await has_order(desk, "bowl", "bca")
        await page.keyboard.press("Home")
        await expect(tile(page, "B")).to_be_focused()
        await page.keyboard.press("p")
        await page.keyboard.press("Control+a")
        await page.keyboard.type("2")
        await page.keyboard.press("Enter")
        await has_order(desk, "bowl", "cba")
        await expect(page.get_by_label("Position of: B")).to_be_focused()
        await tile(page, "B").focus()
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Space")
        await expect(page.get_by_label("Select: C")).to_be_checked()
        await page.keyboard.press("Delete")
        await has_order(desk, "bowl", "ba")
        await expect(tile(page, "B")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/images/{ids[1]}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("B")
        await page.go_back()
        await expect(page.locator(".gallery > li")).to_have_count(2)


async def test_two_editors_overwrite_nothing(desk: Desk) -> None:
    """Who comes second is told so, and sees what the first one did."""
    one, two, three = await filled(desk, "jug", "abc")

    def labelled(label: str) -> Callable[[], Awaitable[Any]]:
        return lambda: call(desk, "PATCH", f"/v1/images/{one}", json={"label": label})

    def reordered() -> Awaitable[Any]:
        return call(desk, "PUT", "/v1/products/jug/images/order", json={"images": [two, one, three]})

    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/products/jug")
        await expect(page.get_by_text("In work")).to_have_count(0, timeout=90_000)
        await page.get_by_label("Select: A").check()
        await meanwhile(page, f"**/v1/images/{one}", "PATCH", labelled("Other"))
        await page.get_by_role("button", name="Exclude").click()
        await told(page, "Somebody else changed it meanwhile")
        await expect(tile(page, "Other")).to_be_visible()
        assert not (await gallery(desk, "jug"))[0]["exclude"]
        await page.get_by_role("button", name="Move back: C").click()
        await meanwhile(page, "**/v1/products/jug/images", "GET", reordered)
        await told(page, "Your order was not saved")
        await has_order(desk, "jug", "bac")
        await expect(page.locator(".gallery > li").first).to_contain_text("B")
        await desk.goto(page, f"/images/{one}")
        await meanwhile(page, f"**/v1/images/{one}", "PATCH", labelled("Third"))
        await page.get_by_label("Label, All").fill("Mine")
        await page.keyboard.press("Enter")
        await told(page, "Somebody else changed it meanwhile")
        await expect(page.get_by_label("Label, All")).to_have_value("Third")


async def test_a_large_gallery(desk: Desk) -> None:
    """It scrolls without asking for what is not in sight, and is put in order."""
    [first] = await filled(desk, "wall", "a")
    for _ in range(MANY - 1):
        await call(desk, "POST", f"/v1/images/{first}/copy", json={"sku": "wall"})
    before = [image["id"] for image in await gallery(desk, "wall")]
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/products/wall")
        tiles = page.locator(".gallery > li")
        await expect(tiles).to_have_count(MANY)
        await tiles.last.scroll_into_view_if_needed()
        await tiles.last.focus()
        await page.keyboard.press("Shift+Home")
        await told(page, "The order is saved")
        assert [image["id"] for image in await gallery(desk, "wall")] == [before[-1], *before[:-1]]
