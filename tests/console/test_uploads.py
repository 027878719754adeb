"""Files as people bring them to a gallery: dropped, in folders, from the clipboard, some of them no pictures, over a
network that fails. Source: console.md, screen 3 and section 3."""

import base64
import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page, Route, expect

from tests.console.desk import Desk
from tests.console.walking import DROP, REFUSALS, WALK, filled, gallery, has_order, names, picture
from tests.lengths import by_length

pytestmark = list(WALK)

PICTURES: Final = by_length(9, 36)
PASTED: Final = """async text => {
    const picture = new Blob([Uint8Array.from(atob(text), one => one.charCodeAt(0))], {type: 'image/png'});
    await navigator.clipboard.write([new ClipboardItem({'image/png': picture})]);
    document.activeElement.blur();
}"""


def huge() -> bytes:
    """130 megapixels of one bit each."""
    out = io.BytesIO()
    Image.new("1", (13_000, 10_000)).save(out, "PNG")
    return out.getvalue()


def brought(known: bytes) -> dict[str, bytes]:
    """Pictures, and four that are none, or too large, or there already."""
    fine = {f"{number:02}.jpg": picture(number) for number in range(1, PICTURES + 1)}
    return fine | {
        "drawing.jpg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "cut.jpg": picture(99, (400, 300))[:1500],
        "huge.png": huge(),
        "again.jpg": known,
    }


async def cut_at(page: Page, number: int) -> None:
    """The network is cut when the request of this number is under way."""
    sent = 0

    async def handle(route: Route) -> None:
        nonlocal sent
        sent += route.request.method == "POST"
        if sent == number:
            await page.context.set_offline(True)
        await route.continue_()

    await page.route("**/v1/products/*/images?*", handle)


async def test_many_files_over_a_network_that_fails(desk: Desk) -> None:
    """One is there already, which is asked about; what is no picture says why on its tile; when the network is cut the
    page says so and goes on once it is back: each is there once, in the order of the names."""
    await filled(desk, "tray", "a")
    files = brought(picture(ord("a")))
    async with desk.page("editor", expects=(*REFUSALS, "ERR_INTERNET_DISCONNECTED")) as page:
        await desk.goto(page, "/products/tray")
        await expect(page.locator(".gallery > li")).to_have_count(1)
        await cut_at(page, PICTURES // 2)
        await page.evaluate(DROP, [[name, base64.b64encode(content).decode()] for name, content in files.items()])
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("again.jpg is the same as Image")
        await dialog.get_by_role("button", name="Leave out").click()
        await expect(page.locator(".gallery > li.upload").first).to_be_visible()
        await expect(page.locator(".away")).to_contain_text("does not answer")
        await page.context.set_offline(False)
        await has_order(desk, "tray", ["a", *sorted(name[:2] for name in files if name[0].isdigit())])
        await expect(page.locator(".away")).to_be_hidden()
        refused = page.locator(".gallery > li.upload[data-state=refused]")
        await expect(refused).to_have_count(3)
        await expect(page.locator(".gallery > li")).to_have_count(PICTURES + 4)
        for name, why in {
            "drawing.jpg": "is not accepted. It is: svg.",
            "cut.jpg": "ends before its picture does",
            "huge.png": "It has 130,000,000 pixels, at most 120,000,000",
        }.items():
            await expect(refused.filter(has_text=name)).to_contain_text(why)
        await refused.filter(has_text="cut.jpg").get_by_role("button", name="Leave out").click()
        await expect(refused).to_have_count(2)


async def dropped(page: Page, path: Path) -> None:
    """As the system does when somebody drops a file or a folder of the disc."""
    session = await page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await session.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 400, "data": data})


async def test_folders_and_the_clipboard(desk: Desk, tmp_path: Path) -> None:
    """All pictures of a folder and of those in it come, without what systems put beside them; a copied picture is
    pasted anywhere on the page."""
    await filled(desk, "crate", "")
    (tmp_path / "crate" / "deep").mkdir(parents=True)
    for number, name in enumerate(("1.jpg", "10.jpg", "deep/2.jpg", ".DS_Store", "Thumbs.db")):
        (tmp_path / "crate" / name).write_bytes(picture(number + 40))
    async with desk.page("editor", expects=REFUSALS) as page:
        await desk.goto(page, "/products/crate")
        await dropped(page, tmp_path / "crate")
        await has_order(desk, "crate", ["1", "10", "2"])
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.evaluate(PASTED, base64.b64encode(picture(50, kind="PNG")).decode())
        await page.keyboard.press("Control+v")
        await expect(page.locator(".gallery > li:not(.upload)")).to_have_count(4)
        assert (await gallery(desk, "crate"))[-1]["picture"]["format"] == "png"
        assert len(await names(desk, "crate")) == 4
