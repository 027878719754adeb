"""Records what a release serves, so that later ones are held to it: `python -m tests.upgrade.record CHECKOUT NAME`.

CHECKOUT is an installed checkout of the release, NAME the folder to write below `tests/upgrade/releases`: its database
in `catalogue.sql`, its file store in `objects.tar`, and each address with its status, type and body in `answers.json`.
"""

import asyncio
import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
from yarl import URL

from app.embedded.binaries import find_binaries
from app.embedded.cluster import Cluster
from tests.processes import free_port
from tests.upgrade.pictures import PICTURES

RELEASES: Final = Path(__file__).with_name("releases")
SECRET_KEY: Final = "a secret of the tests, and of nobody else"
PUBLIC_URL: Final = "http://shop.example"
API_KEY: Final = "0123456789abcdef0123456789abcdef"
_OAUTH: Final = {name: name[0] * 32 for name in ("consumer", "secret", "token", "hidden")}
OAUTH: Final = (
    f'OAuth oauth_consumer_key="{_OAUTH["consumer"]}", oauth_token="{_OAUTH["token"]}", '
    f'oauth_signature_method="PLAINTEXT", oauth_signature="{_OAUTH["secret"]}%26{_OAUTH["hidden"]}"'
)
READERS: Final[dict[str, dict[str, str]]] = {
    "guest": {"Accept": "application/json"},
    "xml": {"Accept": "text/xml"},
    "admin": {"Accept": "application/json", "Authorization": OAUTH},
    "spree": {"X-Spree-Token": API_KEY},
    "glue": {"Accept": "*/*"},
    "german": {"Accept": "*/*", "Accept-Language": "de"},
}
"""Who asks: the headers of each."""

_COMMANDS: Final = (
    "store add --id 1 --code default --locale en_US --default",
    "store add --id 2 --code german --locale de_DE",
    "product add --sku dress --id 8 --slug a-dress --name Dress",
    "product add --sku dress-red --id 9 --parent dress --hidden",
    "product add --sku dress-blue --id 10 --parent dress",
    "product add --sku lamp --id 11 --slug table-lamp --name Lamp",
    "product add --sku old --id 12 --slug old --disabled",
    "product rename --sku lamp --slug desk-lamp",
    "image-type add --code swatch",
    f"key add --role admin --key {API_KEY}",
    f"oauth consumer add --key {_OAUTH['consumer']} --secret {_OAUTH['secret']}",
    f"oauth token add --user-type admin --consumer {_OAUTH['consumer']} --token {_OAUTH['token']}"
    f" --secret {_OAUTH['hidden']}",
)
_IMPORTED: Final[tuple[dict[str, Any], ...]] = (
    {
        "sku": "dress",
        "id": 705,
        "path": "/v/e/ve2011.jpg",
        "file": "marked.jpg",
        "file_updated_at": "2013-06-06T15:44:36Z",
        "label": "Front",
        "position": 1,
        "types": ["image", "thumbnail"],
        "stores": {"german": {"label": "Vorne"}},
    },
    {
        "sku": "dress-red",
        "url_large": "https://img.example/l.jpg",
        "url_small": "https://img.example/s.jpg",
        "key": "k1",
    },
    {"path": "/o/l/old.png", "file": "grey.png"},
    {"path": "/w/i/withdrawn.jpg", "file": None},
    {"sku": "lamp", "file": "shade.webp", "file_name": "shade.webp"},
)
_OF_SPREE: Final = ("photo.jpg", "marked.jpg", "noted.png", "grey.png", "clear.png", "spin.gif", "square.jpg")


class Release:
    """A running release with an empty catalogue, and what was asked of it."""

    def __init__(self, checkout: Path, folder: Path, dsn: str) -> None:
        self.port = free_port()
        self._program = checkout / ".venv/bin/product-images"
        self._options = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": dsn,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": PUBLIC_URL,
            "PORT": str(self.port),
            "DRAIN_SECONDS": "0",
        }

    def command(self, words: str) -> None:
        subprocess.run([self._program, *words.split()], env=self._options, check=True, stdout=subprocess.DEVNULL)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[aiohttp.ClientSession]:
        process = await asyncio.create_subprocess_exec(self._program, "serve", env=self._options)
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as session:
                await _until_ready(session)
                yield session
        finally:
            process.terminate()
            await process.wait()


async def _until_ready(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get("/health/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def _fill(release: Release, folder: Path, session: aiohttp.ClientSession) -> None:
    """Images by every way in, replaced, renamed, moved and deleted ones among them."""
    files = folder / "files"
    files.mkdir()
    for name, data in PICTURES.items():
        (files / name).write_bytes(data)
    lines = folder / "gallery.jsonl"
    lines.write_text("".join(json.dumps(line) + "\n" for line in _IMPORTED))
    release.command(f"import gallery {lines} --files {files}")
    for name in _OF_SPREE:
        await _spree_upload(session, "table-lamp" if name.startswith("s") else "a-dress", name)
    images = "/api/rest/products/lamp/images"
    for name in ("photo.jpg", "marked.jpg", "grey.png"):
        await _openmage(session, "POST", images, _body(name, label=name, types=["image"]))
    created = await _openmage(session, "POST", images, _body("photo.jpg", file_name="night"))
    await _openmage(session, "PUT", created, _body("marked.jpg", file_name="day"))
    await _openmage(session, "PUT", f"{created}/store/2", {"label": "Nacht", "types": ["small_image"]})
    gone = await _openmage(session, "POST", images, _body("photo.jpg", file_name="gone"))
    await _openmage(session, "DELETE", gone, {})
    release.command("set put --sku dress --name picto 705")


async def _spree_upload(session: aiohttp.ClientSession, slug: str, name: str) -> None:
    form = aiohttp.FormData({"image[alt]": f"Of {name}"})
    form.add_field("image[attachment]", PICTURES[name], filename=name, content_type="image/x")
    async with session.post(f"/api/v1/products/{slug}/images", data=form, headers=READERS["spree"]) as answer:
        assert answer.status == 201, await answer.text()


def _body(name: str, **fields: Any) -> dict[str, Any]:
    kind = {"jpg": "jpeg"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    return {"file_mime_type": f"image/{kind}", "file_content": base64.b64encode(PICTURES[name]).decode(), **fields}


async def _openmage(session: aiohttp.ClientSession, method: str, path: str, body: dict[str, Any]) -> str:
    async with session.request(method, path, json=body, headers=READERS["admin"]) as answer:
        assert answer.status == 200, await answer.text()
        return answer.headers.get("Location", "")


async def _until_idle(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    async with asyncio.timeout(120):
        while await connection.fetchval("select count(*) from pgqueuer"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    await connection.close()


_START: Final = (
    *(("admin", f"/api/rest/products/{sku}/images") for sku in ("dress", "dress-red", "lamp", "old")),
    *(("guest", f"/api/rest/products/{sku}/images") for sku in ("dress", "dress-red", "lamp", "old")),
    *(("guest", f"/api/rest/products/{sku}/images/store/german") for sku in ("dress", "lamp")),
    *(("xml", f"/api/rest/products/{sku}/images") for sku in ("dress", "8")),
    *(("spree", f"/api/v1/products/{slug}/images") for slug in ("a-dress", "table-lamp", "desk-lamp", "12")),
    *(("glue", f"/abstract-products/{sku}/abstract-product-image-sets") for sku in ("dress", "lamp", "old")),
    *(("german", f"/concrete-products/{sku}/concrete-product-image-sets") for sku in ("dress-red", "dress-blue")),
    ("glue", "/abstract-products/dress?include=abstract-product-image-sets,concrete-products"),
    ("glue", "/media/catalog/product/o/l/old.png"),
    ("glue", "/media/catalog/product/w/i/withdrawn.jpg"),
    ("glue", "/media/catalog/product/n/i/night.jpg"),
    ("glue", "/media/catalog/product/g/o/gone.jpg"),
)
_LINK: Final = re.compile(r"(?:http://shop\.example)?(/(?:media|spree)/[^\"<\s]+)")


async def asked(session: aiohttp.ClientSession, reader: str, path: str) -> dict[str, Any]:
    """One answer as `answers.json` holds it; `body` is text, or the SHA-256 of a picture."""
    async with session.get(URL(path, encoded=True), headers=READERS[reader]) as answer:
        data = await answer.read()
        kind = answer.headers.get("Content-Type", "")
        body = hashlib.sha256(data).hexdigest() if kind.startswith("image/") else data.decode()
        return {"reader": reader, "path": path, "status": answer.status, "type": kind, "body": body}


async def _answers(session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    reported = [await asked(session, reader, path) for reader, path in _START]
    links = sorted(
        {link.replace("\\/", "/") for one in reported for link in _LINK.findall(one["body"].replace("\\/", "/"))}
    )
    return reported + [await asked(session, "glue", link) for link in links]


def _dump(dsn: str) -> str:
    dump = [find_binaries() / "pg_dump", "--no-owner", "--no-privileges", dsn]
    text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE)


def _archive(objects: Path) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for path in sorted(path for path in objects.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(str(path.relative_to(objects)))
            member.size = path.stat().st_size
            archive.addfile(member, io.BytesIO(path.read_bytes()))
    return file.getvalue()


def _keep(target: Path, answers: list[dict[str, Any]], catalogue: str, objects: bytes) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "answers.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    (target / "catalogue.sql").write_text(catalogue)
    (target / "objects.tar").write_bytes(objects)


async def record(checkout: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cluster = Cluster(folder / "cluster", {"fsync": "off"})
        await cluster.start()
        try:
            release = Release(checkout, folder / "data", cluster.dsn)
            release.command("migrate")
            for words in _COMMANDS:
                release.command(words)
            async with release.serving() as session:
                await _fill(release, folder, session)
                await _until_idle(cluster.dsn)
                answers = await _answers(session)
            _keep(target, answers, _dump(cluster.dsn), _archive(folder / "data" / "objects"))
        finally:
            await cluster.stop()


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]), RELEASES / sys.argv[2]))
