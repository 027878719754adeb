"""What people do with one image, and with what is beside a gallery. Source: console.md, screens 3 and 4."""

from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.console.desk import Desk
from tests.console.walking import (
    REFUSALS,
    WALK,
    call,
    commands,
    file,
    filled,
    gallery,
    picture,
    run,
    told,
    undo,
)

pytestmark = list(WALK)


def panel(page: Page, title: str) -> Locator:
    return page.locator("section.panel").filter(has=page.get_by_role("heading", name=title, exact=True))


async def saved(page: Page, label: str, value: str) -> None:
    """A field is left, and what was typed is saved."""
    await page.get_by_label(label, exact=True).fill(value)
    await page.keyboard.press("Enter")
    await told(page, "Saved")
    await page.locator(".toast").last.get_by_role("button", name="Close").click()


async def test_an_image(desk: Desk, tmp_path: Path) -> None:
    """Labels and types of each scope, texts where they come from, another file, its past and back to it, the upload;
    and every change again by the command that the page shows."""
    [first, _] = await filled(desk, "clock", "ab")
    await call(desk, "PUT", "/v1/products/tower", json={})
    [original, other] = [picture(ord("a")), picture(77, (30, 20))]
    (tmp_path / "other.jpg").write_bytes(other)
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, f"/images/{first}")
        labels = panel(page, "Labels")
        await expect(labels.get_by_role("row", name="default")).to_contain_text("from the label for all")
        await saved(page, "Label, german", "Uhr")
        await expect(labels.get_by_role("row", name="german")).to_contain_text("from german's label")
        await saved(page, "Text of the picture, de_DE, large", "Eine Uhr")
        await expect(labels.get_by_role("row", name="german")).to_contain_text("from the picture's text for de_DE")
        await page.get_by_label("thumbnail, german").check()
        await told(page, "Saved")
        assert (await gallery(desk, "clock"))[0]["stores"]["german"]["types"] == ["thumbnail"]
        await page.get_by_label("Excluded, german").check()
        await panel(page, "Types and places").get_by_role("button", name="Use the global value").click()
        await expect(page.get_by_label("Excluded, german")).not_to_be_checked()
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="Download the upload").click()
        assert (await (await waiting.value).path()).read_bytes() == original
        chooser = page.locator("image-screen input[type=file]")
        await chooser.set_input_files([file("broken.jpg", b"no picture")])
        await expect(page.locator("image-screen [role=alert]")).to_contain_text("not an image")
        await chooser.set_input_files([file("other.jpg", other)])
        await told(page, "The file is replaced")
        await expect(panel(page, "The file")).to_contain_text("30 × 20")
        past = page.locator(".past > li")
        replaced = past.filter(has_text="replaced a picture")  # what the service does of it may stand above
        await expect(replaced.first).to_contain_text("console link")
        await past.filter(has_text="label: nothing → Uhr").get_by_role("button", name="Restore this").click()
        await told(page, "Restored")
        await expect(panel(page, "The file")).to_contain_text("24 × 18")
        await undo(page, "Restored")
        await expect(panel(page, "The file")).to_contain_text("30 × 20")
        for command in await commands(page):
            await run(command, desk, tmp_path)
        [again, _] = await gallery(desk, "clock")
        assert (again["stores"]["german"]["label"], again["picture"]["width"]) == ("Uhr", 24)
        await page.locator(".big img").click()
        await expect(page.get_by_role("dialog", name="Zoom")).to_be_visible()
        await page.keyboard.press("+")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Delete").click()
        await page.wait_for_url("**/products/clock")
        await undo(page, "1 image deleted")
        await page.wait_for_url(f"**/images/{first}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("A")


async def test_a_picture_in_several_places(desk: Desk) -> None:
    """Before its text is changed it is said where it changes, too; the other places are links; sets stand below the
    gallery; and shops' answers are shown as they are, for each language, format, user and store view."""
    [first] = await filled(desk, "sofa", "a")
    await call(desk, "PUT", "/v1/products/bench", json={})
    copy = await call(desk, "POST", f"/v1/images/{first}/copy", json={"sku": "bench"})
    await call(desk, "PUT", "/v1/products/bench/sets/room?locale=de_DE", json={"members": [{"image": copy["id"]}]})
    async with desk.page("editor") as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await desk.goto(page, f"/images/{first}")
        text = page.get_by_label("Text of the picture, en_US, large")
        await text.fill("A sofa")
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("used in 3 places")
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(text).to_have_value("")
        await text.fill("A sofa")
        await page.keyboard.press("Enter")
        await dialog.get_by_role("button", name="Save").click()
        await told(page, "Saved")
        used = panel(page, "Where else it is used")
        await expect(used).to_contain_text("set room (de_DE)")
        await used.get_by_role("link", name=f"Image {copy['id']}").click()
        await expect(page.get_by_label("Text of the picture, en_US, large")).to_have_value("A sofa")
        await page.get_by_role("link", name="bench").first.click()
        await expect(panel(page, "Image sets beside the gallery")).to_contain_text("room de_DE")
        await page.get_by_text("What shops see now").click()
        which = page.get_by_label("Answer of")
        await expect(which).to_be_visible()
        found = await which.locator("option").all_inner_texts()
        assert len(found) == len(set(found))
        for one in (
            "Glue · as guest · en",
            "Glue · as guest · de",
            "OpenMage · as admin",
            "OpenMage · as guest",
            "german",
            "Spree",
        ):
            assert any(one in option for option in found), found
        document = page.locator(".preview .body")
        await expect(document).to_contain_text('"id": "bench"')
        await which.select_option(label="OpenMage · as admin · application/json")
        await expect(document).to_contain_text('"position": "1"')
        await page.get_by_role("button", name="Copy the address").click()
        assert "/api/rest/products/" in await page.evaluate("navigator.clipboard.readText()")
