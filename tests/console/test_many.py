"""Many files and many texts at the console. Source: console.md, screens 5 and 6."""

import io
import zipfile
from typing import Final

import pytest
from playwright.async_api import expect

from tests.console.desk import Desk
from tests.console.walking import REFUSALS, WALK, becomes, call, file, filled, gallery, has_order, picture, told, undo

pytestmark = list(WALK)

ZIP: Final = "application/zip"


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def encrypted(files: dict[str, bytes]) -> bytes:
    """As its directory says."""
    archive = bytearray(zipped(files))
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


async def test_a_zip_of_pictures(desk: Desk) -> None:
    """What belongs where is shown as the rule is typed, before anything is sent: matched, unknown, there already, not
    understood; what is sent is summed up, and undone as a whole."""
    await filled(desk, "plate", "a")
    await call(desk, "PUT", "/v1/products/plate_deep", json={})
    archive = zipped(
        {
            "spring/plate_2_image.jpg": picture(2),
            "spring/plate-3.jpg": picture(3),
            "spring/plate_deep_1.jpg": picture(4),
            "spring/nobody_1.jpg": picture(5),
            "spring/plate_9.jpg": picture(ord("a")),
            "spring/plate_4.jpg": b"no picture",
            "__MACOSX/._plate_2.jpg": b"",
            "spring/notes.txt": b"not meant",
        }
    )
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/files")
        chooser = page.locator("input[type=file]").last
        said = page.locator("files-screen [role=alert]")
        await chooser.set_input_files([file("broken.zip", archive[:90], ZIP)])
        await expect(said).to_have_text("broken.zip: it is damaged.")
        await chooser.set_input_files([file("many.zip", zipped({f"{name}.jpg": b"" for name in range(5001)}), ZIP)])
        await expect(said).to_have_text("many.zip: it holds more than 5,000 files.")
        await chooser.set_input_files([file("secret.zip", encrypted({"plate_7.jpg": picture(7)}), ZIP)])
        await page.get_by_role("button", name="Add 1 picture").click()
        await expect(page.get_by_role("row", name="plate_7.jpg")).to_contain_text("encrypted")
        await chooser.set_input_files([file("spring.zip", archive, ZIP)])
        counts = page.locator("files-screen [role=status]")
        await expect(counts).to_have_text("4 to add1 already there1 with an unknown SKU")
        await page.get_by_label("Rule for names").fill("{sku}-{position}")
        await expect(counts).to_have_text("1 to add5 with an unknown SKU")
        await page.get_by_label("Rule for names").fill("{position}")
        await expect(page.locator("files-screen [role=alert]")).to_contain_text("needs {sku}")
        await page.get_by_label("Rule for names").fill("{sku}[_-]{position}[_-]{type}")
        await expect(counts).to_contain_text("4 to add")
        await page.get_by_role("button", name="Add 4 pictures").click()
        await expect(page.locator("files-screen strong")).to_have_text("3 pictures added, 1 refused", timeout=60_000)
        await has_order(desk, "plate", ["a", "plate_2_image", "plate-3"])
        assert (await gallery(desk, "plate"))[1]["types"] == ["image"]
        assert len(await gallery(desk, "plate_deep")) == 1
        await page.get_by_role("button", name="Undo all of it").click()
        await told(page, "3 changes were undone")
        await has_order(desk, "plate", ["a"])


async def labels(desk: Desk, sku: str) -> list[str | None]:
    return [image["label"] for image in await gallery(desk, sku)]


async def test_labels_cell_by_cell_and_as_a_table(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell is saved when it is left, and not over somebody else's; what is typed into the next one meanwhile, or was
    refused, stays; a table is tried first, line by line, then taken in, and undone as a whole, step by step where it is
    large."""
    monkeypatch.setattr("app.service.galleries.undo.MOST_CHANGES", 1)
    one, two = await filled(desk, "pan", "ab")
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/texts?sku=pan&missing=label:german")
        await expect(page.locator("texts-screen [role=status]")).to_have_text("No image is like this.")
        await page.get_by_label("Missing").select_option("")
        await expect(page.locator(".labels tbody tr")).to_have_count(2)
        cell = page.get_by_label(f"Label, german, Image {one}")
        await cell.fill("Pfanne")
        await page.keyboard.press("Tab")
        await told(page, "Saved")
        await page.get_by_label(f"Label, default, Image {one}").fill("Pan")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.type("Topf")
        await page.keyboard.press("Enter")
        await becomes(lambda: labels(desk, "pan"), ["Topf", "B"])
        await expect(page.get_by_label(f"Label, All, Image {one}")).to_have_value("Topf")
        assert (await gallery(desk, "pan"))[0]["stores"]["default"]["label"] == "Pan"
        await expect(page.get_by_label(f"Label, default, Image {two}")).to_have_value("")
        assert (await gallery(desk, "pan"))[0]["stores"]["german"]["label"] == "Pfanne"
        await call(desk, "PATCH", f"/v1/images/{two}", json={"label": "Theirs"})
        other = page.get_by_label(f"Label, All, Image {two}")
        await other.fill("Mine")
        await page.keyboard.press("Enter")
        await told(page, "Somebody else changed it meanwhile")
        await expect(other).to_have_value("Theirs")
        refusal = {"title": "Not now", "detail": "Not now", "code": "rate_limited"}
        await page.route("**/v1/images/*", lambda route: route.fulfill(status=429, json=refusal))
        await other.fill("Refused")
        await page.keyboard.press("Enter")
        await told(page, "Not now")
        await expect(other).to_have_value("Refused")
        await page.unroute("**/v1/images/*")
        await page.keyboard.press("Tab")
        await becomes(lambda: labels(desk, "pan"), ["Topf", "Refused"])
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="Download as CSV").click()
        text = (await (await waiting.value).path()).read_text("utf-8-sig")
        assert f"pan,{one},german,Pfanne" in text
        table = f"image;store;label\r\n{one};german;Eine Pfanne\r\n{two};;Lid\r\n999999;;x\r\n".encode()
        await page.locator("input[type=file]").set_input_files([file("texts.csv", table, "text/csv")])
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("2 lines change 2 images")
        await expect(dialog).to_contain_text("Line 4")
        await dialog.get_by_role("button", name="Take it in").click()
        await expect(cell).to_have_value("Eine Pfanne")
        await undo(page, "2 lines were taken in")
        await told(page, "2 changes were undone")
        await expect(cell).to_have_value("Pfanne")
