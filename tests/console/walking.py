"""What walks at the console have in common: their marks, what they do as a script beside the page, and what a person
looks for on it."""

import asyncio
import io
import json
import os
from asyncio import create_subprocess_shell, subprocess
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, Route, expect

from tests.console.desk import CHROMIUM, Desk

WALK: Final = (
    pytest.mark.skipif(
        not CHROMIUM, reason="NO BROWSER: the console was not tried (Debian: chromium, or name it by CHROMIUM)"
    ),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("no_problems"),
)
REFUSALS: Final = ("Failed to load resource",)
"""What browsers say of each answer that is no success."""
DROP: Final = """files => {
    const data = new DataTransfer();
    for (const [name, text] of files) {
        data.items.add(new File([Uint8Array.from(atob(text), one => one.charCodeAt(0))], name, {type: 'image/jpeg'}));
    }
    for (const kind of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
    }
}"""


def picture(shade: int, size: tuple[int, int] = (24, 18), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade * 37 % 256, shade * 91 % 256, shade * 13 % 256)).save(out, kind)
    return out.getvalue()


def file(name: str, content: bytes, kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


async def call(desk: Desk, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {desk.key}"} | options.pop("headers", {})
    url = desk.url + path
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers, **options) as answer:
        assert answer.ok, await answer.text()
        return await answer.json() if answer.status != 204 else None


async def gallery(desk: Desk, sku: str, query: str = "") -> list[Any]:
    return list((await call(desk, "GET", f"/v1/products/{sku}/images{query}"))["items"])


async def in_work(desk: Desk) -> list[Any]:
    """Images that are not ready yet."""
    return list((await call(desk, "GET", "/v1/images?state=processing"))["items"])


async def names(desk: Desk, sku: str, query: str = "") -> list[str]:
    return [image["file_name"].partition(".")[0] for image in await gallery(desk, sku, query)]


async def filled(desk: Desk, sku: str, letters: str) -> list[int]:
    """A product with an image of each name; their ids."""
    await call(desk, "PUT", f"/v1/products/{sku}", json={"name": sku.title()})
    ids = []
    for letter in letters:
        address = f"/v1/products/{sku}/images?label={letter.upper()}&file_name={letter}.jpg"
        image = await call(desk, "POST", address, data=picture(ord(letter)), headers={"Content-Type": "image/jpeg"})
        ids.append(image["id"])
    return ids


def tile(page: Page, label: str) -> Any:
    return page.locator(".gallery > li").filter(has=page.get_by_role("link", name=label, exact=True))


async def becomes(read: Callable[[], Awaitable[Any]], wanted: object, seconds: float = 20) -> None:
    """Nothing tells a script that the page has saved."""
    found = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (found := await read()) != wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    assert found == wanted


async def has_order(desk: Desk, sku: str, wanted: Sequence[str], query: str = "") -> None:
    await becomes(lambda: names(desk, sku, query), list(wanted))


async def told(page: Page, text: str) -> None:
    await expect(page.locator(".toast").filter(has_text=text).last).to_be_visible()


async def undo(page: Page, text: str) -> None:
    toast = page.locator(".toast").filter(has_text=text).last
    await toast.get_by_role("button", name="Undo").click()
    await told(page, "undone")


async def meanwhile(page: Page, pattern: str, method: str, work: Callable[[], Awaitable[Any]]) -> None:
    """Somebody else does this while the page's next request of the kind is under way."""
    waiting = [work]

    async def handle(route: Route) -> None:
        if route.request.method == method and waiting:
            await waiting.pop()()
        await route.continue_()

    await page.route(pattern, handle)


async def commands(page: Page) -> list[str]:
    """The changes made on this page as it shows them, the first one first, without what was taken back."""
    shown = await page.locator("#changes pre").all_text_contents()
    return [line for line in reversed(shown) if "/v1/history/undo" not in line]


async def run(command: str, desk: Desk, folder: Path) -> Any:
    """What a shell answers to a command that was copied from the page; `folder` has the files that it names."""
    words = command.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
    environment = os.environ | {"KEY": desk.key}
    process = await create_subprocess_shell(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, (command, out)
    return json.loads(out) if out else None
