"""A picture turned and cropped for one image, and its focal point. Source: console.md, screen 4."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.console.desk import AXE, PHONE, SCREENS, WIDE, Desk
from tests.console.test_walks import SERIOUS, WIDER, settled
from tests.console.walking import REFUSALS, WALK, becomes, call, commands, picture, run, told, undo

pytestmark = list(WALK)


async def opened(page: Page) -> Locator:
    await page.get_by_role("button", name="Crop, turn, focal point").click()
    await expect(page.locator(".stage .kept")).to_be_visible()
    return page.get_by_role("dialog")


async def middle(part: Locator) -> tuple[float, float]:
    box = await part.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def touched(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """As a finger does that is put down, drawn over the glass, and lifted."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, place in (("touchStart", start), ("touchMove", end), ("touchMove", end)):
        points = [{"x": place[0], "y": place[1]}]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def looked_at(page: Page, name: str) -> None:
    if folder := os.environ.get("LOOKED_AT"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_a_picture_is_cropped_turned_and_given_a_focal_point(desk: Desk, tmp_path: Path) -> None:
    """By mouse and keyboard; what is kept is shown beside the whole of it; renditions follow, the upload stays; it is
    undone, done again by the command that the page shows, and done by touch on a phone."""
    await call(desk, "PUT", "/v1/products/mirror", json={})
    sent = {"data": picture(5, (400, 300)), "headers": {"Content-Type": "image/jpeg"}}
    address = f"/v1/images/{(await call(desk, 'POST', '/v1/products/mirror/images', **sent))['id']}"

    async def edit() -> Any:
        return (await call(desk, "GET", address))["edit"]

    async def crop() -> Any:
        return (await edit())["crop"]

    async def large() -> tuple[int, int]:
        image = await call(desk, "GET", address)
        [one] = [one for one in image["renditions"] if (one["recipe"], one["format"]) == ("large", "jpeg")]
        return one["width"], one["height"]

    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, address.removeprefix("/v1"))
        dialog = await opened(page)
        await expect(dialog).to_contain_text("400 × 300 pixels")
        corner, centre = await middle(page.locator(".edge.se")), await middle(page.locator(".stage"))
        await page.mouse.move(*corner)
        await page.mouse.down()
        await page.mouse.move(*centre)
        await page.mouse.up()
        await dialog.get_by_label("Width, %").fill("50")
        await dialog.get_by_label("Height, %").fill("50")
        await dialog.get_by_role("button", name="Turn right").click()
        await expect(dialog).to_contain_text("150 × 200 pixels")
        await dialog.get_by_role("button", name="Set a focal point").click()
        for _ in range(5):
            await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("button", name="Focal point: 80 %, 25 %")).to_be_focused()
        await page.locator(".kept").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Shift+ArrowUp")
        await looked_at(page, "edit-wide")
        await dialog.get_by_role("button", name="Save").click()
        await told(page, "Saved")
        done = {"rotate": 90, "crop": [0.5, 0.01, 0.5, 0.49], "focal": [0.6, pytest.approx(0.24 / 0.49, abs=0.001)]}
        assert await edit() == done
        await expect(page.locator(".big")).to_contain_text("Shown turned by 90°, cropped, with a focal point")
        await becomes(large, (150, 196))
        await undo(page, "Saved")
        await becomes(edit, None)
        [command] = await commands(page)
        assert (await run(command, desk, tmp_path))["edit"] == done
    async with desk.page("editor", width=PHONE) as page:
        await desk.goto(page, address.removeprefix("/v1"))
        dialog = await opened(page)
        await dialog.get_by_role("button", name="As it was uploaded").click()
        await touched(page, await middle(page.locator(".edge.e")), await middle(page.locator(".stage")))
        await looked_at(page, "edit-phone")
        await dialog.get_by_role("button", name="Save").click()
        await told(page, "Saved")
        now = await edit()
        assert (now["rotate"], now["focal"]) == (0, None)
        assert now["crop"] == pytest.approx([0, 0, 0.5, 1], abs=0.05)
        dialog = await opened(page)
        await dialog.get_by_role("button", name="As it was uploaded").click()
        await dialog.get_by_label("Left, %").fill("33.335")
        await dialog.get_by_label("Top, %").fill("100")
        await page.keyboard.press("Tab")
        await expect(dialog).to_contain_text("267 × 16 pixels")
        await dialog.get_by_role("button", name="Save").click()
        await becomes(crop, [0.33335, pytest.approx(284 / 300, abs=1e-5), 0.66665, pytest.approx(16 / 300, abs=1e-5)])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
async def test_the_dialog_is_accessible_and_looked_at(desk: Desk, width: int, scheme: str) -> None:
    """axe-core finds nothing serious in it, and nothing of it is wider than the screen, with a crop and a focal point,
    upright and turned; pictures of it go to build/screens."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make install, with the npm registry reachable)")
    SCREENS.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    async with desk.page("editor", width=width, scheme=scheme, expects=REFUSALS) as page:
        await desk.goto(page, "/images/1")
        await settled(page)
        dialog = await opened(page)
        await page.evaluate(AXE.read_text())
        for number, degrees in enumerate(("", "Turn right")):
            if degrees:
                await dialog.get_by_role("button", name=degrees).click()
            for label, share in (("Left, %", "20"), ("Width, %", "50"), ("Top, %", "10"), ("Height, %", "70")):
                await dialog.get_by_label(label).fill(share)
                await page.keyboard.press("Tab")
            shown = [await field.input_value() for field in await dialog.get_by_role("spinbutton").all()]
            assert shown == ["20", "10", "50", "70"]
            await dialog.get_by_role("button", name="Set a focal point").click()
            found += await page.evaluate(SERIOUS) + (["is too wide"] if await page.evaluate(WIDER) else [])
            await page.screenshot(path=SCREENS / f"edit-{number}-{width}-{scheme}.png")
            await dialog.get_by_role("button", name="As it was uploaded").click()
    assert found == []
