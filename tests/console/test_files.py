"""The page and its files as browsers get them. Source: console.md, section 1."""

import re
from dataclasses import replace
from typing import Final

from app.console.files import Files, content_policy, sources
from app.settings import Settings
from tests.apis.v1.conftest import Serve, Shop

FIRST_SCREEN_BYTES: Final = 60_000
ALL_BYTES: Final = 150_000
IMPORTED: Final = re.compile(r'(?<!\()(?:^import|^export|^\} ) ?[^"(]*"(\.[^"]+)";$', re.MULTILINE)


async def test_every_address_below_answers_the_page(shop: Shop) -> None:
    """Deep links need no session, and a slash more or less makes no difference."""
    pages = [await shop.get(path, None) for path in ("/console", "/console/", "/console/products/a%2Fb.c?q=1")]
    assert {(page.status, page.headers["Content-Type"]) for page in pages} == {(200, "text/html; charset=utf-8")}
    assert (await shop.get("/console/files/core/nothing.js", None)).status == 404
    assert (await shop.get("/consoles", None)).status == 404


async def test_files_are_sent_compressed_and_once(shop: Shop) -> None:
    """With a tag for each encoding; a browser that has one is told so. Whoever takes no gzip gets none."""
    plain = await shop.call("GET", "/console/files/app.js", None, headers={"Accept-Encoding": "identity"})
    packed = await shop.call("GET", "/console/files/app.js", None, headers={"Accept-Encoding": "gzip"})
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert plain.body == packed.body  # this client unpacks by itself
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer, encoding in ((plain, "identity"), (packed, "gzip")):
        assert answer.headers["Vary"] == "Accept-Encoding"
        known = {"Accept-Encoding": encoding, "If-None-Match": answer.headers["ETag"]}
        again = await shop.call("GET", "/console/files/app.js", None, headers=known)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])


async def test_the_policy_lets_nothing_in_from_elsewhere(serve: Serve) -> None:
    """Scripts, styles and requests are the service's own; pictures may come from where it serves them, by setting from
    other hosts over https."""
    base = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{}; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    shop = await serve(media_url="https://cdn.shop.example/pictures", public_url="https://shop.example")
    page = await shop.get("/console", None)
    hosts = " https://cdn.shop.example https://shop.example"
    assert page.headers["Content-Security-Policy"] == base.format(hosts)
    assert content_policy(replace(Settings(), console_external=True)) == base.format(" https:")
    assert page.headers["X-Content-Type-Options"] == "nosniff"


async def test_it_can_be_switched_off(serve: Serve) -> None:
    """Then there is no page, no session, and no way to it from the landing page."""
    shop = await serve(console=False)
    for path in ("/console", "/console/files/app.js", "/console/session", "/console/products"):
        assert (await shop.get(path, None)).status == 404
    assert (await shop.call("POST", "/console/session", None, json={"key": shop.keys["admin"]})).status == 404
    landing = await shop.get("/", None, Accept="text/html")
    assert b"console" not in landing.body


async def test_the_landing_page_leads_to_it(shop: Shop) -> None:
    """People who open the service find it."""
    landing = await shop.get("/", None, Accept="text/html")
    assert b'<a href="/console">' in landing.body


def reached(name: str, files: dict[str, str], seen: set[str]) -> set[str]:
    """A module and what it imports before it runs."""
    if name not in seen:
        seen.add(name)
        folder = name.rpartition("/")[0]
        for target in IMPORTED.findall(files[name]):
            parts: list[str] = folder.split("/") if folder else []
            for part in target.split("/"):
                if part == "..":
                    parts.pop()
                elif part != ".":
                    parts.append(part)
            reached("/".join(parts), files, seen)
    return seen


def test_it_is_small() -> None:
    """What the start page takes is at most 60 kB as it is sent, all of it 150 kB."""
    sizes = Files(Settings()).sizes
    files = {name: source.read_text() for name, source in sources()}
    first: set[str] = {name for name in sizes if name.endswith((".html", ".css"))}
    for module in ("app.js", "screens/start.js"):
        reached(module, files, first)
    assert len(first) > 15
    assert sum(sizes[name] for name in first) <= FIRST_SCREEN_BYTES
    assert sum(sizes.values()) <= ALL_BYTES


def test_nothing_is_parsed_as_markup() -> None:
    """No module makes elements of text, sets a style as an attribute, or evaluates one: what is a text stays one."""
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|[{ ]style:")
    assert {name: forbidden.findall(source.read_text()) for name, source in sources() if name.endswith(".js")} == {
        name: [] for name, _ in sources() if name.endswith(".js")
    }
