"""The page and the loaders of docs/storefronts.md, in a real browser, on a server of another origin."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, web
from PIL import Image
from yarl import URL

from tests.chromium import Page, chromium_page
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.programs import needs

_ROOT: Final = Path(__file__).parents[2]
_GUIDE: Final = (_ROOT / "docs" / "storefronts.md").read_text(encoding="utf-8")
_THUMBHASH: Final = _ROOT / "tests" / "apis" / "openmage" / "clients" / "node_modules" / "thumbhash" / "thumbhash.js"
_BLOCKS: Final = dict(re.findall(r"^```js (\S+)\n(.*?)^```$", _GUIDE, re.DOTALL | re.MULTILINE))
_PAGE: Final = re.findall(r"^```html\n(.*?)^```$", _GUIDE, re.DOTALL | re.MULTILINE)
_IMAGES: Final = "/api/rest/products/dress/images"
_WATCH: Final = """
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((one) => one.value)))
        .observe({ type: "layout-shift", buffered: true });
"""
_IMG: Final = "document.querySelector('img')"
_LOADED: Final = f"{_IMG}.complete && {_IMG}.naturalWidth > 0"
_BOX: Final = f"JSON.stringify({_IMG}.getBoundingClientRect())"
_STUB: Final = "export const defineProvider = (setup) => () => setup;"

pytestmark = [needs("chromium"), pytest.mark.timeout(300)]


class Site:
    """A shop's own server, of another origin: its page, and files of ours behind it once they are let through."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, str]] = {}
        self.let_through = asyncio.Event()
        self.url = URL()
        self.shop = URL()

    async def page(self, request: web.Request) -> web.Response:
        kind, text = self.files[request.path]
        return web.Response(text=text, content_type=kind)

    async def media(self, request: web.Request) -> web.Response:
        await self.let_through.wait()
        async with ClientSession() as session, session.get(self.shop.join(request.rel_url)) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    here, app = Site(), web.Application()
    app.add_routes([web.get("/media/{path:.*}", here.media), web.get("/{name}", here.page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
    try:
        yield here
    finally:
        here.let_through.set()
        await runner.cleanup()


def furnish(here: Site, shop: Shop) -> None:
    """Puts what the guide tells on the server, with this shop's address and product."""
    here.shop = shop.url
    page = _PAGE[0].replace("http://127.0.0.1:8080", str(shop.url).rstrip("/")).replace("sku=mug&sku=lamp", "sku=dress")
    here.files = {f"/{name}": ("text/javascript", text) for name, text in _BLOCKS.items()}
    here.files |= {
        "/page.html": ("text/html", page),
        "/thumbhash.js": ("text/javascript", _THUMBHASH.read_text()),
        "/runtime.js": ("text/javascript", _STUB),
    }
    kind, nuxt = here.files["/nuxt.js"]
    here.files["/nuxt.js"] = kind, nuxt.replace('"@nuxt/image/runtime"', '"./runtime.js"')


@pytest.mark.skipif(not _THUMBHASH.is_file(), reason="npm's thumbhash is not installed (make install)")
async def test_the_page_shows_a_placeholder_and_then_the_right_width(serve: Serve) -> None:
    """Before a file has come what is seen is near its colours; nothing moves when it comes; at one and at two pixels
    to a point the narrowest width is loaded that suffices. Every URL that is offered answers as it says, and the
    loaders choose among them."""
    async with site() as here:
        shop = await serve(media_url=str(here.url).rstrip("/"))
        furnish(here, shop)
        made = await shop.signed(
            "POST", _IMAGES, data=body(encoded(picture(900, 600))), headers={"Content-Type": "application/json"}
        )
        assert made.status == 200
        await eventually(lambda: _has_placeholder(shop))
        [image] = await shown(shop)
        async with chromium_page() as page:
            await page.call("Page.enable")
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
            await seen(page, here, image, scale=1, chosen="w480")
            await seen(page, here, image, scale=2, chosen="w828")
            await loaders_choose(page, image)
        await every_offer_answers(shop, image)


async def _has_placeholder(shop: Shop) -> bool:
    return all(image["thumbhash"] for image in await shown(shop))


async def shown(shop: Shop) -> list[dict[str, Any]]:
    answer = (await shop.get("/v1/media?sku=dress")).json()
    images: list[dict[str, Any]] = answer["products"][0]["images"]
    return images


async def seen(page: Page, here: Site, image: dict[str, Any], *, scale: int, chosen: str) -> None:
    here.let_through.clear()
    size = {"width": 800, "height": 600, "deviceScaleFactor": scale, "mobile": False}
    await page.call("Emulation.setDeviceMetricsOverride", **size)
    await page.call("Page.navigate", url=str(here.url / "page.html"))
    await becomes_true(page, f"Boolean({_IMG})")
    before = json.loads(await page.value(_BOX))
    assert (before["width"], round(before["height"])) == (400, 267)
    assert not await page.value(_LOADED)
    assert near(await page.picture(), image["color"], scale)
    here.let_through.set()
    await becomes_true(page, _LOADED)
    assert json.loads(await page.value(_BOX)) == before
    assert await page.value("window.shifts") == []
    assert f"/renditions/{chosen}-" in await page.value(f"{_IMG}.currentSrc")
    assert (await page.value(f"{_IMG}.currentSrc")).endswith(".avif")


async def becomes_true(page: Page, expression: str) -> None:
    async with asyncio.timeout(60):
        while not await page.value(expression):  # noqa: ASYNC110, what we wait for is in another process
            await asyncio.sleep(0.05)


def near(screenshot: bytes, color: str, scale: int) -> bool:
    """Whether what is seen of the picture is that colour on average, and more than one."""
    with Image.open(io.BytesIO(screenshot)) as whole:
        part = whole.convert("RGB").crop(tuple(scale * side for side in (20, 20, 390, 260)))
    average = part.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(average, tuple)
    colours = part.resize((8, 8)).getcolors(64)
    reported = bytes.fromhex(color.removeprefix("#"))
    return bool(colours) and len(colours) > 8 and all(abs(a - b) < 24 for a, b in zip(average, reported, strict=True))


async def loaders_choose(page: Page, image: dict[str, Any]) -> None:
    offers = {one["width"]: one["url"] for one in image["srcset"]["webp"]}
    chosen = await page.value(
        f"""(async () => {{
            const image = {json.dumps(image)};
            const {{ loaderOf }} = await import("./next.js");
            const {{ transformerOf }} = await import("./unpic.js");
            const provider = (await import("./nuxt.js")).default();
            return [
                loaderOf(image)({{ src: image.src, width: 640 }}),
                transformerOf(image)(image.src, {{ width: 481, height: 320 }}),
                transformerOf(image)(image.src, {{ width: 3000 }}),
                provider.getImage(image.src, {{ modifiers: {{ image, width: "320", format: "webp" }} }}).url,
                provider.getImage(image.src, {{ modifiers: {{ image }} }}).url,
                loaderOf({{ ...image, srcset: {{}} }})({{ width: 320 }}),
            ];
        }})()"""
    )
    assert chosen == [offers[640], offers[640], offers[900], offers[320], offers[900], image["src"]]


async def every_offer_answers(shop: Shop, image: dict[str, Any]) -> None:
    assert [(fmt, len(offers)) for fmt, offers in image["srcset"].items()] == [("jpeg", 5), ("webp", 5), ("avif", 5)]
    for fmt, offers in image["srcset"].items():
        for offer in offers:
            answer = await shop.get(URL(offer["url"]).raw_path)
            assert (answer.status, answer.headers["Content-Type"]) == (200, f"image/{fmt}")
            assert answer.headers["Timing-Allow-Origin"] == "*"
            with Image.open(io.BytesIO(answer.body)) as built:
                assert built.size == (offer["width"], offer["height"])
