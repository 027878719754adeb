"""What channels ask for, at the console. Source: console.md, screen 4."""

from playwright.async_api import expect

from tests.console.desk import Desk
from tests.console.walking import WALK, filled

pytestmark = list(WALK)


async def test_checks_are_told_in_words(desk: Desk) -> None:
    """Set by set: what fails is open, with what was found; one of two with the same bytes leads to the other."""
    first, second = await filled(desk, "thimble", "aa")
    async with desk.page("reader") as page:
        await desk.goto(page, f"/images/{first}")
        sets = page.locator(".checks details")
        await expect(sets).to_have_count(3)
        google, house = (sets.filter(has_text=title) for title in ("Google Merchant Center", "House rules"))
        size = google.locator("li").first
        await expect(size).to_have_text(  # once the picture is ready
            "FailsAt least 500 × 500 pixels – here 18 pixels (refused from 31 January 2027 on)", timeout=90_000
        )
        await expect(google.locator("summary")).to_contain_text("1 fails1 advised4 fit1 not checked")
        await expect(house.locator("li").nth(1)).to_have_text(
            "FitsNo side more than twice as long as the other – here 1.333"
        )
        await house.get_by_role("link", name=f"Image {second}").click()
        await page.wait_for_url(f"**/images/{second}")
        await expect(sets.filter(has_text="Amazon")).to_contain_text("At least 1000 pixels on the longer side")
