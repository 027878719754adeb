"""Many who ask for something large and take none of it: what they cost, and for how long."""

import asyncio
import io
import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, FormData
from yarl import URL

from app.db.pool import Database
from tests.conftest import S3
from tests.e2e.conftest import SECRET_KEY, provision
from tests.lengths import by_length
from tests.pictures import encoded, picture
from tests.processes import serving

CLIENTS: Final = by_length(150, 300)
AT_A_TIME: Final = 20
SEND_SECONDS: Final = 3
MOST_BYTES: Final = 30_000_000
SPREE: Final = "/api/v1/products/a-dress/images"
OPENMAGE: Final = "/api/rest/products/8/images"
SETS: Final = "/abstract-products/dress/abstract-product-image-sets"
DOCUMENT: Final = 3_000_000
"""Bytes of the document, about."""


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


async def asked(port: int, path: str) -> socket.socket:
    """A client with hardly any room, who has seen the first words of an answer, and takes no more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n".encode())
    assert await loop.sock_recv(client, 15) == b"HTTP/1.1 200 OK"
    return client


async def cut_off(session: ClientSession, base: str) -> int:
    async with session.get(f"{base}/metrics") as answer:
        found = re.search(r'_trouble_total\{event="request_refused",what="not_read"\} (\S+)', await answer.text())
    return int(float(found[1])) if found else 0


async def size(session: ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        assert answer.status == 200
        return len(await answer.read())


async def file_of(session: ClientSession, base: str, key: str, width: int) -> str:
    """The path of a PNG of so many pixels, by 1500, three bytes each."""
    data = encoded(picture(width, 1500, seed=width), "PNG", compress_level=0)
    form = FormData()
    form.add_field("image[attachment]", io.BytesIO(data), filename="a.png", content_type="image/png")
    async with session.post(base + SPREE, data=form, headers={"X-Spree-Token": key}) as created:
        assert created.status == 201
    async with session.get(base + OPENMAGE, headers={"Accept": "application/json"}) as listed:
        paths = [URL(image["url"]).raw_path for image in await listed.json()]
        return max((path for path in paths if path.startswith("/media/")), key=len)


async def hold(session: ClientSession, base: str, pid: int, path: str) -> int:
    """Bytes that the service holds while three hundred take nothing of that; afterwards it is rid of them."""
    gone, most, started = await cut_off(session, base), 0, time.monotonic()
    clients: list[socket.socket] = []
    while len(clients) < CLIENTS:  # the stores of tests are slow
        clients += await asyncio.gather(*(asked(URL(base).port or 0, path) for _ in range(AT_A_TIME)))
    came = time.monotonic()
    try:
        while await cut_off(session, base) < gone + CLIENTS:
            most = max(most, resident(pid))
            assert time.monotonic() - came < 4 * SEND_SECONDS + 10
            await asyncio.sleep(0.1)
    finally:
        for client in clients:
            client.close()
    assert time.monotonic() - started > SEND_SECONDS
    assert await size(session, base + path) > 100_000
    return most


def place(database: Database, folder: Path) -> dict[str, Any]:
    options = {"RUN_WORKER": "false", "SEND_SECONDS": SEND_SECONDS, "CODEC_PROCESSES": 1}
    return {"DATABASE_URL": database.dsn, "DATA_DIR": folder, "SECRET_KEY": SECRET_KEY, **options}


async def long_gallery(database: Database) -> None:
    """As many images of the product as make a large document."""
    url = f"https://img.example/{'a' * 1000}.jpg"
    async with database.transaction() as tx:
        await tx.connection.execute(
            "with one as (insert into picture (url_large, url_small) select $1::text || n, $1::text || n "
            "from generate_series(1, $2::integer) n returning id) "
            "insert into image (product_id, picture_id, position) select 8, id, 1 from one",
            url,
            DOCUMENT // (2 * len(url)),
        )


async def held(session: ClientSession, base: str, pid: int, paths: Mapping[str, str]) -> dict[str, int]:
    """Bytes that the service holds more than before any of them came, of each."""
    for path in paths.values():
        for _ in range(3):
            await size(session, base + path)
    before = resident(pid)
    return {what: await hold(session, base, pid, path) - before for what, path in paths.items()}


@pytest.mark.timeout(180)  # a process is started, and three hundred clients are waited for, three times
async def test_hundreds_of_clients_that_do_not_read_cost_little_and_are_gone(
    database: Database, tmp_path: Path
) -> None:
    """Three hundred who take nothing hold less than 30 MB of the service's memory between them, and it is rid of all
    in the time that it gives: of a file from memory, of one from the folder, and of a large document."""
    _, key = await provision(database)
    async with serving(**place(database, tmp_path)) as (base, process), ClientSession() as session:
        await long_gallery(database)
        paths = {
            "a file from memory": await file_of(session, base, key, 1200),
            "a file from the folder": await file_of(session, base, key, 2400),
            "a document": SETS,
        }
        costs = await held(session, base, process.pid, paths)
        assert max(costs.values()) < MOST_BYTES, costs


@pytest.mark.timeout(120)  # a process is started, and three hundred clients are waited for
async def test_hundreds_of_clients_that_do_not_read_take_nothing_of_a_bucket(
    database: Database, tmp_path: Path, s3: S3
) -> None:
    """The same where files lie in a bucket, whose connections wait for nobody."""
    _, key = await provision(database)
    bucket = {"S3_BUCKET": s3.bucket, "S3_ENDPOINT_URL": s3.endpoint_url}
    async with serving(**place(database, tmp_path), **bucket) as (base, process), ClientSession() as session:
        paths = {"a file from the bucket": await file_of(session, base, key, 2400)}
        costs = await held(session, base, process.pid, paths)
        assert max(costs.values()) < MOST_BYTES, costs
