"""What `/docs` offers to send, sent as it stands to a shop that has nothing but the demo."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from app.access.secrets import SecretBox
from app.demo.shop import DemoCredentials, load_demo
from app.openapi.document import document
from app.server.runner import Runner
from app.settings import Settings
from app.wiring.application import _SECTIONS, build_app
from app.wiring.parts import Parts
from tests.e2e.conftest import SECRET_KEY, Fresh

DOCUMENT: Final[dict[str, Any]] = document(_SECTIONS)
OPERATIONS: Final = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
Sent = tuple[int, str]
Send = Callable[[str, str, dict[str, Any], str | None], Awaitable[Sent]]


BEFORE: Final = {("delete", "/v1/keys/{id}"): ("post", "/v1/keys")}
"""What has to be done before, so that there is something to be done."""


def url_of(path: str, operation: dict[str, Any], demo: DemoCredentials) -> str:
    """Names of credentials are typed in, for they are made up."""
    values = {each["name"]: str(each["example"]) for each in operation["parameters"] if each["in"] == "path"}
    if path.startswith("/v1/oauth/"):
        values |= {"key": demo.consumer_key, "token": demo.token}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


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


@asynccontextmanager
async def a_demo(fresh: Fresh, folder: Path) -> AsyncIterator[Send]:
    """A service over the demo shop, alone in a database of its own."""
    async with fresh() as database, aiohttp.ClientSession() as session:
        settings = Settings(data_dir=folder, database_url=database.dsn, secret_key=SECRET_KEY, run_worker=False)
        parts = Parts(settings, database.dsn)
        async with parts.opened():
            demo = await load_demo(
                folder,
                parts.storage.database,
                SecretBox(SECRET_KEY),
                parts.pictures.intake,
                parts.catalogue.gallery_writer,
            )
        runner = Runner(build_app(settings, database.dsn))
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
async def test_every_operation_succeeds_as_it_is_offered(fresh: Fresh, tmp_path: Path) -> None:
    """Every operation, in every content type, with nothing changed but the credentials typed in, gets the first answer
    that is described: on a demo shop, and, for those that delete, each on one of its own."""
    failed = []
    deletes = [each for each in OPERATIONS if each[0] == "delete" or each[1].endswith("/order")]  # of all there is
    others = [each for each in OPERATIONS if each not in deletes]
    assert len(deletes) > 4
    assert len(others) > 40
    for number, group in enumerate([others, *([one] for one in deletes)]):
        async with a_demo(fresh, tmp_path / str(number)) as send:
            for method, path, operation in group:
                if before := BEFORE.get((method, path)):
                    await send(*before, DOCUMENT["paths"][before[1]][before[0]], "application/json")
                for media_type in offered(operation):
                    status, body = await send(method, path, operation, media_type)
                    if str(status) != next(iter(operation["responses"])):
                        failed.append((method, path, media_type, status, body[:200]))
    assert failed == []


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
        ("application/x-www-form-urlencoded", str),
    }
