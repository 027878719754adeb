"""A person at the console: the demo's shop, really served, and a real browser in front of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright, expect

from app.access.accounts import NativeRole
from app.access.secrets import SecretBox
from app.access.sessions import make_link
from app.db.pool import Database
from app.demo.shop import load_demo
from app.settings import Settings
from app.wiring.application import build_app
from app.wiring.parts import Parts
from tests.processes import ROOT
from tests.serving import ProductServer

CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
AXE: Final = ROOT / "tests" / "console" / "tools" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS: Final = ROOT / "build" / "screens"
WIDE, PHONE = 1280, 390

_WORDS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server")
_SECONDS: Final = 30.0
_VISIT_SECONDS: Final = 150.0
"""Of one page from its opening to its end: what a page evaluates has no limit of its own."""


@dataclass(slots=True)
class Desk:
    """`key` is an admin's. `problems`: what no page may have, whatever is done on it: errors in the browser's console,
    which are violations of the policy, too, and requests that leave the service."""

    url: str
    settings: Settings
    dsn: str
    database: Database
    key: str
    chromium: Chromium
    problems: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(
        self,
        role: NativeRole | None = "admin",
        *,
        width: int = WIDE,
        scheme: str = "light",
        expects: tuple[str, ...] = (),
    ) -> AsyncIterator[Page]:
        """A page of a browser of its own, at the start where there is a role, and for a limited time. Messages of its
        console that have one of the words in `expects` are meant to be there: browsers tell of each refusal."""
        height = 900 if width > PHONE else 844
        options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        context = await self.chromium.new_context(**options, reduced_motion="reduce", service_workers="block")
        context.set_default_timeout(_SECONDS * 1000)
        found: list[str] = []
        context.on("console", lambda one: found.append(one.text) if one.type in {"error", "warning"} else None)
        context.on("weberror", lambda one: found.append(str(one.error)))
        context.on("request", lambda request: found.extend(self._leaving(request.url)))
        page = await context.new_page()
        try:
            async with asyncio.timeout(_VISIT_SECONDS):
                if role is not None:
                    await self.enter(page, role)
                yield page
        finally:
            async with asyncio.timeout(_SECONDS):
                await context.close()
        self.problems += [text for text in found if not any(word in text for word in expects)]

    @asynccontextmanager
    async def beside(self, **settings: Any) -> AsyncIterator["Desk"]:
        """Another process over the same catalogue, which has other settings and no worker."""
        server = ProductServer(build_app(replace(self.settings, run_worker=False, **settings), self.dsn))
        await server.start_server()
        try:
            yield replace(self, url=str(server.make_url("")).rstrip("/"))
        finally:
            await server.close()

    def _leaving(self, url: str) -> list[str]:
        parts = urlsplit(url)
        own = url.startswith(f"{self.url}/") or parts.scheme in {"data", "blob", "about"}
        return [] if own else [f"a request left the service: {url}"]

    async def enter(self, page: Page, role: NativeRole) -> None:
        """By a link of its own."""
        await page.goto(f"{self.url}/console#link={await make_link(self.database, role)}")
        await page.wait_for_selector("start-screen h2")

    async def goto(self, page: Page, path: str) -> None:
        """Another screen, by its address."""
        await page.goto(f"{self.url}/console{path}")
        await page.wait_for_selector("main h1")


@asynccontextmanager
async def open_desk(dsn: str, folder: Path) -> AsyncIterator[Desk]:
    """The demo's shop with its worker at work, in this process; a browser."""
    settings = replace(
        Settings(), data_dir=folder, database_url=dsn, secret_key="s" * 32, codec_processes=1, codec_seconds=60
    )
    parts = Parts(settings, dsn)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(dsn))
        async with parts.opened():
            box = SecretBox(settings.secret_key)
            demo = await load_demo(folder, database, box, parts.pictures.intake, parts.catalogue.gallery_writer)
        server = ProductServer(build_app(settings, dsn))
        await server.start_server()
        stack.push_async_callback(server.close)
        expect.set_options(timeout=_SECONDS * 1000)
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(_WORDS))
        stack.push_async_callback(chromium.close)
        yield Desk(str(server.make_url("")).rstrip("/"), settings, dsn, database, demo.api_key, chromium)
