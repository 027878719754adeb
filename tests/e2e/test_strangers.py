"""What is scarce, and how much of it callers without any right can hold, and for how long: through every API, by every
method, with every kind of body."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from app.service.pictures.strangers import LONGEST_LINE, PLACES
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_main_job import body
from tests.gaps import gaps
from tests.lengths import by_length
from tests.pictures import encoded, picture

PHOTO: Final = encoded(picture(60, 40))
SPREE: Final = "/api/v1/products/a-dress/images"
OPENMAGE: Final = "/api/rest/products/8/images"
SETS: Final = "/abstract-products/dress/abstract-product-image-sets"
PATHS: Final = {
    "spree": (SPREE, f"{SPREE}/1", "/api/v1/variants/9/images", "/api/products/a-dress/images"),
    "spree files": ("/spree/products/1/mini/a.png",),
    "v1": ("/v1/stores", "/v1/stores/4", "/v1/keys", "/v1/jobs/retry"),
    "openmage": (OPENMAGE, f"{OPENMAGE}/1", f"{OPENMAGE}/store/2"),
    "glue": (SETS,),
    "delivery": ("/media/catalog/product/a.jpg",),
    "service": ("/health/live", "/metrics"),
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
FILE: Final = b'--b\r\nContent-Disposition: form-data; name="image[attachment]"; filename="a.png"\r\n\r\n'
TEXT: Final = b'--b\r\nContent-Disposition: form-data; name="image[alt]"\r\n\r\n'
PARTS: Final = "multipart/form-data; boundary=b"
BODIES: Final = {
    "file": (PARTS, FILE + bytes(1000)),
    "file, then text": (PARTS, FILE + bytes(1000) + b"\r\n" + TEXT + b"x"),
    "text": (PARTS, TEXT + b"x"),
    "form": ("application/x-www-form-urlencoded", b"image[attachment]=data:image/png;base64,iVBORw0KGgo"),
    "json": ("application/json", b'{"image":{"attachment":"data:image/png;base64,iVBORw0KGgo'),
    "openmage json": ("application/json", b'{"file_mime_type":"image/png","file_content":"iVBORw0KGgo'),
    "openmage xml": ("text/xml", b"<magento_api><file_content>iVBORw0KGgo"),
    "openmage query": ("text/plain", b"file_content=iVBORw0KGgo"),
}
OAUTH: Final = (
    f'OAuth oauth_consumer_key="{"k" * 32}", oauth_token="{"t" * 32}", oauth_signature_method="HMAC-SHA1", '
    'oauth_signature="x", oauth_nonce="n", oauth_timestamp="1"'
)
CREDENTIALS: Final = {
    "nobody": (),
    "a wrong key": ("X-Spree-Token: wrong",),
    "another wrong key": ("Authorization: Bearer wrong",),
    "a wrong signature": (f"Authorization: {OAUTH}",),
}
MEETINGS: Final = by_length(
    [(who, kind) for number, who in enumerate(CREDENTIALS) for kind in list(BODIES)[number % 2 :: 2]],
    [(who, kind) for who in CREDENTIALS for kind in BODIES],
)
WAYS: Final = [(path, method) for paths in PATHS.values() for path in paths for method in METHODS]
ADDRESSES: Final = 20
"""From which so many requests come."""


@dataclass(slots=True)
class Dawdlers:
    """Clients who announce much, send little, and wait."""

    shop: Shop
    open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]

    async def come(self, path: str, method: str, kind: str, who: str, address: str) -> asyncio.StreamReader:
        content_type, start = BODIES[kind]
        lines = [f"{method} {path} HTTP/1.1", "Host: shop", f"Content-Type: {content_type}", "Content-Length: 1000000"]
        local = (address, 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.shop.url.port, local_addr=local)
        writer.write("\r\n".join([*lines, *CREDENTIALS[who], "", ""]).encode() + start)
        await writer.drain()
        self.open.append((reader, writer))
        return reader

    def leave(self) -> None:
        for _, writer in self.open:
            writer.close()
        self.open.clear()


@asynccontextmanager
async def dawdlers(shop: Shop) -> AsyncIterator[Dawdlers]:
    those = Dawdlers(shop, [])
    try:
        yield those
    finally:
        those.leave()


async def figures(shop: Shop) -> dict[str, float]:
    """What is held, by name, as operators see it."""
    text = (await shop.get("/metrics")).body.decode()
    taken = {
        f"{match[1]} slots": float(match[2])
        for match in re.finditer(r'^product_images_slots_taken\{work="(\w+)"\} (\S+)', text, re.MULTILINE)
    }
    used = re.search(r'^product_images_database_connections\{state="in_use"\} (\S+)', text, re.MULTILINE)
    waiting = re.search(r'^product_images_database_connections\{state="waiting"\} (\S+)', text, re.MULTILINE)
    tasks = re.findall(r"^product_images_codec_seconds_count\{.*\} (\S+)", text, re.MULTILINE)
    assert used is not None
    assert waiting is not None
    of_postgres = {"connections to Postgres": float(used[1]), "waiting for Postgres": float(waiting[1])}
    return taken | of_postgres | {"codec tasks": sum(map(float, tasks))}


def spooled(folder: Path) -> int:
    """Bytes that uploads hold on disc."""
    return sum(file.stat().st_size for file in _uploads(folder))


def _uploads(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


async def owners_are_served(shop: Shop) -> None:
    upload = aiohttp.FormData()
    upload.add_field("image[attachment]", PHOTO, filename="a.jpg", content_type="image/jpeg")
    answer = await shop.call("POST", SPREE, data=upload, headers={"X-Spree-Token": shop.api_key})
    assert answer.status == 201
    content = {"Content-Type": "application/json"}
    assert (await shop.signed("POST", OPENMAGE, data=body(PHOTO), headers=content)).status == 200


@pytest.mark.parametrize(("who", "kind"), MEETINGS)
async def test_strangers_hold_nothing_that_is_scarce(serve: Serve, who: str, kind: str) -> None:
    """Slots of uploads and builds, connections to Postgres, codec children: whoever has no right holds none of them,
    whatever he asks of whom by which method, but two places for files, and a megabyte of disc for each. Owners are
    served meanwhile, and told nothing of it."""
    shop = await serve(run_worker=False, stranger_seconds=30)
    async with dawdlers(shop) as those:
        for number, (path, method) in enumerate(WAYS):
            await those.come(path, method, kind, who, f"127.0.0.{number % ADDRESSES + 1}")
        held: dict[str, float] = {}

        async def settled() -> bool:
            """Reads of strangers are answered, and only the figures themselves ask Postgres."""
            held.update(await figures(shop))
            return held["connections to Postgres"] <= 1

        await eventually(settled)
        assert held["upload slots"] == held["build slots"] == held["waiting for Postgres"] == 0
        assert held["codec slots"] == held["codec tasks"] == 0  # none is at work, and none has been
        assert held["stranger slots"] <= PLACES
        assert spooled(shop.settings.spool_dir) <= PLACES * 1_000_000
        await owners_are_served(shop)


async def test_strangers_have_two_places_for_files_and_one_each(serve: Serve) -> None:
    """Twenty files before their keys from one address hold one place, from many addresses two; a few wait, and the rest
    hears at once that it has to come back. Owners are served meanwhile."""
    shop = await serve(run_worker=False, stranger_seconds=30)

    async def holds(places: int) -> None:
        async def held() -> bool:
            return (await figures(shop))["stranger slots"] == places

        await eventually(held)

    async with dawdlers(shop) as those:
        readers = [await those.come(SPREE, "POST", "file", "nobody", "127.0.0.1") for _ in range(20)]
        await holds(1)
        answered = await _statuses(readers, 20 - 1 - LONGEST_LINE)
        assert answered == [503] * (20 - 1 - LONGEST_LINE)
        await owners_are_served(shop)
        others = [await those.come(SPREE, "POST", "file", "nobody", f"127.0.0.{n}") for n in range(2, 6)]
        assert await _statuses(others, 3) == [503] * 3
        await holds(PLACES)
        assert len(list(_uploads(shop.settings.spool_dir))) == PLACES
        await owners_are_served(shop)
    await holds(0)


@pytest.mark.parametrize("kind", ["file", "file, then text"])
async def test_places_for_strangers_are_free_again_in_time(serve: Serve, kind: str) -> None:
    """Who sends a byte now and then is told that it was too slow, and the place is free, also where his file has come
    and something else is missing."""
    shop = await serve(run_worker=False, stranger_seconds=1)
    async with dawdlers(shop) as those:
        readers = [await those.come(SPREE, "POST", kind, "nobody", f"127.0.0.{n}") for n in (1, 2)]
        started = time.monotonic()
        trickling = asyncio.create_task(_trickle(those))
        assert await _statuses(readers, 2) == [408, 408]
        trickling.cancel()
        assert time.monotonic() - started < 15  # of 120 that bodies have otherwise

    async def free() -> bool:
        return (await figures(shop))["stranger slots"] == 0 and not spooled(shop.settings.spool_dir)

    await eventually(free)


async def test_the_next_file_of_an_address_waits_for_the_one_before(serve: Serve) -> None:
    """Some uploads at once whose key stands behind the file, as some clients send it: one after the other, and none of
    those that wait is lost."""
    shop = await serve(run_worker=False)
    count = 4

    async def upload() -> int:
        fields = aiohttp.FormData()
        fields.add_field("image[attachment]", PHOTO, filename="a.jpg", content_type="image/jpeg")
        fields.add_field("token", shop.api_key)
        return (await shop.call("POST", SPREE, data=fields)).status

    assert await asyncio.gather(*(upload() for _ in range(count))) == [201] * count
    assert (await figures(shop))["stranger slots"] == 0


async def test_a_key_before_its_file_needs_no_place_among_strangers(serve: Serve) -> None:
    """A key counts wherever it may stand: in a field before the file it opens the common pool at once; a wrong one
    there does not, nor does it close the door to a right one behind."""
    shop = await serve(run_worker=False, stranger_seconds=30)

    async def upload(*keys: str, behind: str = "") -> int:
        fields = aiohttp.FormData()
        for key in keys:
            fields.add_field("token", key)
        fields.add_field("image[attachment]", PHOTO, filename="a.jpg", content_type="image/jpeg")
        if behind:
            fields.add_field("token", behind)
        return (await shop.call("POST", SPREE, data=fields)).status

    assert await upload("wrong", behind=shop.api_key) == 201
    async with dawdlers(shop) as those:
        for number in (2, 3):
            await those.come(SPREE, "POST", "file", "nobody", f"127.0.0.{number}")

        async def full() -> bool:
            return (await figures(shop))["stranger slots"] == PLACES

        await eventually(full)
        assert await upload(shop.api_key) == 201
        assert await upload(shop.api_key, behind="wrong") == 401
        assert await upload("wrong", behind=shop.api_key) == 503
        assert await upload("wrong") == 503


async def _statuses(readers: list[asyncio.StreamReader], number: int) -> list[int]:
    """Those of the first so many answers."""
    pending = [asyncio.create_task(reader.readline()) for reader in readers]
    answers = []
    try:
        async with asyncio.timeout(30):
            for answer in asyncio.as_completed(pending):
                answers.append(int((await answer).split()[1]))
                if len(answers) == number:
                    return answers
    finally:
        for task in pending:
            task.cancel()
    return answers


async def _trickle(those: Dawdlers) -> None:
    with suppress(ConnectionError):
        while True:
            for _, writer in those.open:
                writer.write(b"x")
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "start",
    ["/abstract-products", "/api/rest/products", "/api/v1/products", "/media/catalog/product", "/spree/products"],
)
async def test_a_path_of_thousands_of_slashes_is_no_address(serve: Serve, start: str) -> None:
    """Its API refuses it, with a query or without, and that costs no more than its length."""
    shop = await serve(run_worker=False)
    for query in ("", "?a=/b/"):
        turns = []
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", shop.url.port)
            writer.write(f"GET {start}{'/' * 7900}{query} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode())
            async with gaps() as found:
                assert int((await reader.readline()).split()[1]) in (404, 406)
            turns.append(found.longest)
            writer.close()
        assert min(turns) < 0.005
    assert (await shop.get(f"{SETS}?a={'/' * 200}")).status == 200
