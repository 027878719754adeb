"""What `/docs` offers to send, sent as it stands to a shop that has nothing but the demo."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from app.access.secrets import SecretBox
from app.demo.shop import DemoCredentials, load_demo
from app.embedded.cluster import Cluster
from app.openapi.document import document
from app.server.runner import Runner
from app.settings import Settings
from app.wiring.application import _SECTIONS, build_app
from app.wiring.parts import Parts
from tests.conftest import fresh_database
from tests.e2e.conftest import SECRET_KEY

DOCUMENT: Final[dict[str, Any]] = document(_SECTIONS)
OPERATIONS: Final = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
Sent = tuple[int, str]
Send = Callable[[str, str, dict[str, Any], str | None], Awaitable[Sent]]


BEFORE: Final = {
    ("delete", "/v1/keys/{id}"): ("post", "/v1/keys"),
    ("post", "/v1/products/{sku}/restore"): ("delete", "/v1/products/{sku}"),
    ("delete", "/v1/webhooks/{id}"): ("post", "/v1/webhooks"),
    ("delete", "/v1/products/{sku}/sets/{name}"): ("put", "/v1/products/{sku}/sets/{name}"),
}
"""What has to be done before, so that there is something to be done."""
STOPPABLE: Final = """
    insert into long_job (id, kind, state, batch, actor_kind, via)
    values (1, 'undo', 'waiting', 'b', 'command', 'command')
"""
"""What takes no request to be there: a large undo."""


def url_of(path: str, operation: dict[str, Any], demo: DemoCredentials) -> str:
    """Names of credentials are typed in, for they are made up."""
    values = {each["name"]: str(each["example"]) for each in operation["parameters"] if each["in"] == "path"}
    if path.startswith("/v1/oauth/"):
        values |= {"key": demo.consumer_key, "token": demo.token}
    asked = {
        each["name"]: each["example"] for each in operation["parameters"] if each["in"] == "query" and each["required"]
    }
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path) + (f"?{urlencode(asked)}" if asked else "")


def body_of(operation: dict[str, Any], media_type: str | None) -> bytes | None:
    if media_type is None:
        return None
    example = operation["requestBody"]["content"][media_type]["example"]
    if isinstance(example, str):
        return example.encode()
    return json.dumps(example).encode()


def offered(operation: dict[str, Any]) -> list[str | None]:
    """The content types of the body that can be typed: forms with parts, and pictures, are chosen as files."""
    content = operation.get("requestBody", {}).get("content", {})
    return [name for name in content if not name.startswith(("multipart/", "image/"))] or [None]


def settings_of(dsn: str, folder: Path) -> Settings:
    """Without a public address there are no webhooks."""
    return Settings(
        data_dir=folder, database_url=dsn, secret_key=SECRET_KEY, run_worker=False, public_url="http://shop.example"
    )


async def load(dsn: str, folder: Path) -> DemoCredentials:
    """The demo shop."""
    parts = Parts(settings_of(dsn, folder), dsn)
    async with parts.opened():
        demo = await load_demo(
            folder,
            parts.storage.database,
            SecretBox(SECRET_KEY),
            parts.pictures.intake,
            parts.catalogue.gallery_writer,
        )
        async with parts.storage.database.transaction() as tx:
            await tx.connection.execute(STOPPABLE)
    return demo


@asynccontextmanager
async def a_demo(cluster: Cluster, loaded: str, demo: DemoCredentials, folder: Path) -> AsyncIterator[Send]:
    """A service over a copy of the demo shop's database; nothing takes bytes away, so its folder may be shared."""
    name = urlsplit(loaded).path.strip("/")
    async with fresh_database(cluster, name) as dsn, aiohttp.ClientSession() as session:
        runner = Runner(build_app(settings_of(dsn, folder), dsn))
        runner.drain_seconds = 0
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])

        async def send(method: str, path: str, operation: dict[str, Any], media_type: str | None) -> Sent:
            headers = {"Accept": "*/*"} | credentials(operation, demo)
            headers |= {
                each["name"]: str(each["example"])
                for each in operation["parameters"]
                if each["in"] == "header" and each["required"]
            }
            headers |= {"Content-Type": media_type} if media_type else {}
            url = base.join(URL(url_of(path, operation, demo), encoded=True))
            data = body_of(operation, media_type)
            async with session.request(method.upper(), url, headers=headers, data=data) as answer:
                return answer.status, await answer.text(errors="replace")

        yield send
        await runner.cleanup()


def credentials(operation: dict[str, Any], demo: DemoCredentials) -> dict[str, str]:
    """What the page makes of the demo's credentials once they are typed in."""
    schemes = {name for required in operation.get("security", ()) for name in required}
    if "SpreeKey" in schemes:
        return {"X-Spree-Token": demo.api_key}
    if "Key" in schemes:
        return {"Authorization": f"Bearer {demo.api_key}"}
    if "OpenMageOAuth" in schemes:
        given = (
            f'oauth_consumer_key="{demo.consumer_key}", oauth_token="{demo.token}", '
            f'oauth_signature_method="PLAINTEXT", oauth_signature="{demo.consumer_secret}%26{demo.token_secret}"'
        )
        return {"Authorization": f"OAuth {given}"}
    return {}


@pytest.mark.timeout(300)  # some fifty requests, and a demo shop for each that deletes
async def test_every_operation_succeeds_as_it_is_offered(cluster: Cluster, template: str, tmp_path: Path) -> None:
    """Every operation, in every content type, with nothing changed but the credentials typed in, gets the first answer
    that is described: on a demo shop, and, for those that delete, each on one of its own."""
    failed: list[tuple[Any, ...]] = []
    deletes = [each for each in OPERATIONS if each[0] == "delete" or each[1].endswith("/order")]  # of all there is
    others = [each for each in OPERATIONS if each not in deletes]
    assert len(deletes) > 4
    assert len(others) > 40
    async with fresh_database(cluster, template) as loaded:
        demo = await load(loaded, tmp_path)
        for group in [*([one] for one in deletes), others]:
            async with a_demo(cluster, loaded, demo, tmp_path) as send:
                failed += [refused for each in group async for refused in refusals(send, *each)]
    assert failed == []


async def refusals(send: Send, method: str, path: str, operation: dict[str, Any]) -> AsyncIterator[tuple[Any, ...]]:
    """What an operation was answered with that is not the first answer described, by content type."""
    if before := BEFORE.get((method, path)):
        former = DOCUMENT["paths"][before[1]][before[0]]
        await send(*before, former, offered(former)[0])
    for media_type in offered(operation):
        status, body = await send(method, path, operation, media_type)
        if str(status) != next(iter(operation["responses"])):
            yield method, path, media_type, status, body[:200]


def test_every_content_type_has_an_example_of_its_own() -> None:
    """Each content type that a body may be typed in has an example that is written in it."""
    shown = {
        (media_type, type(operation["requestBody"]["content"][media_type]["example"]))
        for _, _, operation in OPERATIONS
        for media_type in offered(operation)
        if media_type
    }
    assert shown == {
        ("application/json", dict),
        ("application/merge-patch+json", dict),
        ("application/xml", str),
        ("text/xml", str),
        ("text/plain", str),
        ("text/csv", str),
        ("application/x-www-form-urlencoded", str),
    }
