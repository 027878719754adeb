"""The receivers of `docs/examples`: what events name is asked of a CDN, and gone from a cache within two seconds."""

import importlib.util
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from app.service.webhooks.signing import make_secret, signed
from tests.e2e.conftest import Serve
from tests.e2e.test_behind_proxies import through
from tests.e2e.test_housekeeping import upload
from tests.pictures import encoded, picture
from tests.programs import needs
from tests.proxies import Configure, in_front, nginx_cache, varnish_purged

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
SECRET: Final = make_secret()
URLS: Final = [f"https://cdn.example/media/catalog/product/a/b/ab{number}%20c.jpg" for number in range(40)]
EVENT: Final = {
    "type": "media.withdrawn",
    "timestamp": "2026-11-29T12:00:00Z",
    "data": {"urls": URLS, "tags": ["media-1"]},
}


@asynccontextmanager
async def example(name: str, monkeypatch: pytest.MonkeyPatch, **environ: str) -> AsyncIterator[URL]:
    """A receiver as its file has it, with what its environment names."""
    for key, value in {"WEBHOOK_SECRET": SECRET, **environ}.items():
        monkeypatch.setenv(key, value)
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    async with TestServer(module.app) as server:
        yield server.make_url("/")


async def deliver(url: URL, event: dict[str, Any], secret: str = SECRET) -> int:
    """As the service does it."""
    body = orjson.dumps(event)
    async with aiohttp.ClientSession() as session:
        headers = signed([secret], "wh1_1_3", datetime.now(UTC), body)
        async with session.post(url, data=body, headers=headers) as answer:
            return answer.status


@dataclass
class Vendor:
    """Stands in for a CDN's own address."""

    url: str = ""
    calls: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.calls.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return web.Response(status=201 if "invalidation" in request.path else 200, body=_INVALIDATION)


_INVALIDATION: Final = b"""<?xml version="1.0"?><Invalidation><Id>I</Id><Status>InProgress</Status>
<CreateTime>2026-11-29T12:00:00Z</CreateTime></Invalidation>"""


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Vendor]:
    vendor, app = Vendor(), web.Application()
    app.router.add_route("*", "/{path:.*}", vendor.handle)
    async with TestServer(app) as server:
        vendor.url = str(server.make_url("")).rstrip("/")
        yield vendor


def test_receivers_are_short() -> None:
    """Each has fewer than thirty lines."""
    lines = {
        path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob("*.py") if "upload" not in path.name
    }
    assert len(lines) == 5
    assert max(lines.values()) < 30, lines


@pytest.mark.parametrize("name", ["fastly", "cloudflare", "cloudfront"])
async def test_a_cdn_is_asked_to_forget_what_is_named(
    vendor: Vendor, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All URLs, in as few calls as the vendor takes, with its credentials; what is not signed is refused."""
    environ = {
        "fastly": {"FASTLY_API": vendor.url, "FASTLY_SERVICE": "S", "FASTLY_TOKEN": "T"},
        "cloudflare": {"CLOUDFLARE_API": vendor.url, "CLOUDFLARE_ZONE": "Z", "CLOUDFLARE_TOKEN": "T"},
        "cloudfront": {"CLOUDFRONT_API": vendor.url, "CLOUDFRONT_DISTRIBUTION": "D", "AWS_ACCESS_KEY_ID": "K"},
    }[name]
    async with example(name, monkeypatch, **environ) as url:
        assert await deliver(url, EVENT, make_secret()) == 401
        assert vendor.calls == []
        assert await deliver(url, EVENT) == 204
    named = _NAMED[name](vendor)
    assert sorted(named) == sorted(URLS)


def _of_fastly(vendor: Vendor) -> list[str]:
    assert {headers["Fastly-Key"] for _, _, headers, _ in vendor.calls} == {"T"}
    *urls, tags = vendor.calls
    assert (tags[1], orjson.loads(tags[3])) == ("/service/S/purge", {"surrogate_keys": ["media-1"]})
    return [path.replace("/purge/", "https://", 1) for _, path, _, _ in urls]


def _of_cloudflare(vendor: Vendor) -> list[str]:
    assert {path for _, path, _, _ in vendor.calls} == {"/zones/Z/purge_cache"}
    assert {headers["Authorization"] for _, _, headers, _ in vendor.calls} == {"Bearer T"}
    bodies = [orjson.loads(body) for *_, body in vendor.calls]
    assert bodies[-1] == {"tags": ["media-1"]}
    return [url for body in bodies for url in body.get("files", ())]


def _of_cloudfront(vendor: Vendor) -> list[str]:
    [(method, path, _, body)] = vendor.calls
    assert (method, path) == ("POST", "/2020-05-31/distribution/D/invalidation")
    text = body.decode()
    assert "<CallerReference>wh1_1_3</CallerReference>" in text
    return [f"https://cdn.example{part.partition('</Path>')[0]}" for part in text.split("<Path>")[1:]]


_NAMED: Final = {"fastly": _of_fastly, "cloudflare": _of_cloudflare, "cloudfront": _of_cloudfront}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("name", "configure"),
    [
        pytest.param("nginx", nginx_cache, marks=needs("nginx", "nginx-light")),
        pytest.param("varnish", varnish_purged, marks=needs("varnishd", "varnish")),
    ],
)
async def test_a_cache_forgets_what_is_withdrawn(
    serve: Serve, name: str, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real cache holds a picture's files, and holds them still once the picture is deleted; within two seconds of the
    event they are gone from it."""
    shop = await serve(run_worker=False)
    key = {"Authorization": f"Bearer {shop.api_key}"}
    async with in_front(configure, tmp_path / "cache", shop.url.port or 0) as port:
        cached = through(shop, port)
        image = await upload(shop, encoded(picture(60, 40)))
        place = (await cached.get("/v1/events", **key)).json()["next"]
        original = URL((await cached.get(f"/v1/images/{image}", **key)).json()["original"], encoded=True).raw_path
        assert [(await cached.get(original)).status for _ in range(2)] == [200, 200]
        assert (await shop.call("DELETE", f"/v1/images/{image}", headers=key)).status == 204
        assert [(await one.get(original)).status for one in (shop, cached)] == [404, 200]

        page = await cached.get(f"/v1/events?after={place}&types=media.withdrawn", **key)
        environ = {"CACHE": f"http://127.0.0.1:{port}", "CACHE_FOLDER": str(tmp_path / "cache" / "kept")}
        began = time.monotonic()
        async with example(name, monkeypatch, **environ) as url:
            for event in page.json()["items"]:
                assert original in [unquote(URL(one).path) for one in event["data"]["urls"]]
                assert await deliver(url, event) == 204
        assert (await cached.get(original)).status == 404
        assert time.monotonic() - began < 2
