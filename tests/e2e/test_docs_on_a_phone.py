"""`/docs` in a real browser, as wide as a phone."""

import json
from typing import Final

import pytest

from tests.chromium import Page, chromium_page
from tests.e2e.conftest import Serve
from tests.programs import needs

pytestmark = [needs("chromium"), pytest.mark.timeout(240)]

PHONE: Final = 390
WIDE: Final = """[...document.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => `${one.tagName}: ${one.textContent.slice(0, 60)}`)"""
SHOWN: Final = "document.querySelectorAll('details').length > 40"


async def wide(page: Page) -> list[str]:
    """What stands out to the right."""
    assert await page.value("innerWidth") == PHONE
    assert await page.value("document.documentElement.scrollWidth") == PHONE
    return list(await page.value(WIDE))


async def test_nothing_scrolls_sideways(serve: Serve) -> None:
    """At 390 pixels neither page is wider than the screen, whatever is opened on it."""
    shop = await serve(run_worker=False)
    async with chromium_page() as page:
        await page.width(PHONE)
        await page.open(str(shop.url), "document.querySelector('h1')")
        assert await wide(page) == []
        await page.open(f"{shop.url}/docs", SHOWN)
        assert await wide(page) == []
        await page.value("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert await wide(page) == []


async def test_a_preflight_is_shown_for_a_shell(serve: Serve) -> None:
    """What a browser does not let a page send is shown as a command, and all else is sent as it is filled in."""
    shop = await serve(run_worker=False)
    async with chromium_page() as page:
        await page.open(f"{shop.url}/docs", SHOWN)
        reported = await page.value(
            """[...document.querySelectorAll('details')].filter(one => one.querySelector('b').textContent === 'options')
            .map(one => { one.querySelector('button').click(); return one.querySelector('pre').textContent })"""
        )
        assert len(reported) == 4
        assert reported[0].startswith(
            "curl -i -X OPTIONS -H 'Origin: https://shop.example' -H 'Access-Control-Request-Method"
        )
        assert reported[0].endswith(f"'{shop.url}/abstract-products/mug/abstract-product-image-sets'")
        found = await page.value(
            """(async () => {
                const one = [...document.querySelectorAll('details')].find(
                    one => one.querySelector('summary').textContent.startsWith('get/health/live'));
                one.querySelector('button').click();
                while (one.querySelectorAll('pre').length < 2) await new Promise(requestAnimationFrame);
                return [...one.querySelectorAll('pre')].map(pre => pre.textContent);
            })()"""
        )
        assert found[0].startswith("200 OK")
        assert json.loads(found[1]) == {"status": "ok"}
