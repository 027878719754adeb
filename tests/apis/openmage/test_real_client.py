"""A client that shops use, `requests` with `requests_oauthlib`, against the real command, directly and by a proxy."""

import asyncio
import base64
import random
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth1

from app.db.pool import Database
from tests.apis.openmage.shop import BODIES, IMAGES, JPEG, PNG, SECRET_KEY, provision
from tests.pictures import encoded
from tests.processes import serving

PUBLIC: Final = "https://shop.example"


class ReverseProxy(HTTPAdapter):
    """Does with a signed request what a proxy in front of the service does."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        asked = urlsplit(request.url)
        request.url = request.url.replace(f"{asked.scheme}://{asked.netloc}", self._base)
        given = {"Proto": asked.scheme, "Host": asked.netloc, "For": "203.0.113.5"}
        request.headers.update({f"X-Forwarded-{name}": value for name, value in given.items()})
        return super().send(request, *args, **options)


class Client:
    """As a script of a shop would be written."""

    def __init__(self, base: str, session: requests.Session) -> None:
        self._base = base
        self._session = session

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self._session.request(method, self._base + path, timeout=30, **options)
        assert answer.status_code == 200, answer.text
        return answer

    def json(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, headers={"Content-Type": "application/json"}, **options).json()


def signed_session(account: Any) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    keys = (account.consumer_key, account.consumer_secret, account.token, account.token_secret)
    session.auth = OAuth1(*keys, signature_type="auth_header")
    return session


def fields(data: bytes, **more: Any) -> dict[str, Any]:
    return {"file_mime_type": "image/jpeg", "file_content": base64.b64encode(data).decode(), **more}


def life_of_an_image(client: Client, media: str) -> None:
    """Create, list, read, update, replace, assign, delete; `media` is where image URLs are to begin."""
    images = "/api/rest/products/dress/images"
    first = fields(JPEG, file_name="Vorder seite", types=["image"])
    location = client.call("POST", images, json=first).headers["Location"]
    assert location.rpartition("/")[0] == images
    other = client.call("POST", images, json=fields(JPEG)).headers["Location"]
    listed = client.json(images, params={"filter": "a blank & more", "attrs[]": ["id", "url"]})
    assert [item["id"] for item in listed] == [location.split("/")[-1], other.split("/")[-1]]
    assert listed[0]["url"].startswith(f"{media}/media/catalog/product/V/o/Vorder_seite")
    client.call("PUT", location, json={"label": "Vorderseite ✓", "position": 5})
    client.call("PUT", other, json={"types": ["image", "thumbnail"]})
    client.call("PUT", location, json={"file_content": base64.b64encode(PNG).decode(), "file_mime_type": "image/png"})
    item = client.json(location)
    assert (item["label"], item["position"], item["types"]) == ("Vorderseite ✓", "5", [])
    assert item["url"] != listed[0]["url"]
    assert client.json(f"{other}/store/german")["types"] == ["image", "thumbnail"]
    for url, data in ((listed[0]["url"], JPEG), (item["url"], PNG)):
        pulled = client.call("GET", urlsplit(url).path, auth=lambda request: request)
        assert pulled.content[:4] == data[:4]
    for path in (location, other):
        assert client.call("DELETE", path).content == b""
    assert client.json(images) == []


def environment(database: Database, folder: Path) -> dict[str, Any]:
    return {
        "DATABASE_URL": database.dsn,
        "DATA_DIR": folder,
        "SECRET_KEY": SECRET_KEY,
        "OPENMAGE_PROFILE": "server",
        "TRUSTED_PROXIES": "127.0.0.1",
        "CODEC_PROCESSES": 1,
    }


async def test_a_real_client_does_all_that_there_is(database: Database, tmp_path: Path) -> None:
    """A script with requests and OAuth1 lives an image's whole life, directly and behind a proxy that speaks https."""
    accounts = await provision(database)

    def run(base: str) -> None:
        with signed_session(accounts["admin"]) as session:
            session.mount(PUBLIC, ReverseProxy(base))
            life_of_an_image(Client(base, session), base)
            life_of_an_image(Client(PUBLIC, session), PUBLIC)

    async with serving(**environment(database, tmp_path)) as (base, _):
        await asyncio.to_thread(run, base)


def peak(process: Process) -> int:
    """Most memory that a process has had so far, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's memory")
async def test_large_bodies_cost_little_memory(database: Database, tmp_path: Path) -> None:
    """Bodies of more than 20 MB are uploaded by a server that needs far less than that for them."""
    accounts = await provision(database)
    large = encoded(noise(2300, 2300), "PNG", compress_level=0)

    def run(base: str, content_type: str, data: bytes) -> None:
        fields = {"file_mime_type": "image/png", "file_content": base64.b64encode(data).decode()}
        body, headers = BODIES[content_type](fields).encode(), {"Content-Type": content_type}
        assert (len(body) > 20_000_000) == (data is large)
        with signed_session(accounts["admin"]) as session:
            Client(base, session).call("POST", IMAGES, data=body, headers=headers)

    async with serving(**environment(database, tmp_path), RUN_WORKER=False) as (base, process):
        for content_type in ("text/xml", "application/json"):
            await asyncio.to_thread(run, base, content_type, PNG)
            before = peak(process)
            await asyncio.to_thread(run, base, content_type, large)
            assert peak(process) - before < 12_000_000, content_type


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
