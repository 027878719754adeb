"""All that a round stands on: a Postgres, a store, ways to both that can fail, and the product's processes."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import aioboto3
import aiohttp
import asyncpg

from app.access.secrets import SecretBox
from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.service.catalogue.keys import KeyOptions, put_key
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.service.catalogue.stores import StoreOptions, put_store
from tests.postgres_proxy import Proxy, proxied
from tests.processes import free_port
from tests.torture.journal import Disc
from tests.torture.nursery import Child, Nursery
from tests.torture.oracle import Oracle
from tests.torture.s3_proxy import S3Proxy

StoreKind = Literal["files", "s3"]

SECRET_KEY: Final = "a secret of the torture, and of nobody else"
PUBLIC_URL: Final = "http://shop.example"
DURABLE_ENOUGH: Final = {"fsync": "off", "max_connections": "200"}
"""Postgres' settings where processes are killed and the machine is not."""
PRODUCTS: Final = {
    8: ("dress", None),
    9: ("dress-red", 8),
    10: ("dress-blue", 8),
    20: ("shirt", None),
    21: ("shirt-s", 20),
}
"""Those with galleries: id → SKU and parent."""
EXTERNAL: Final = "poster"
"""The one that has image sets of external pictures, by import, and nothing else."""
_READY_SECONDS: Final = 240.0
_TEMPLATE: Final = "template_torture"


@dataclass(frozen=True)
class Shop:
    """What every round begins with: a template database and the keys to it."""

    cluster: Cluster
    admin: IssuedToken
    api_key: str
    native_key: str


async def made_shop(cluster: Cluster) -> Shop:
    """Two store views of one website, two families, an admin of each API."""
    async with _admin(cluster) as connection:
        await connection.execute(f"create database {_TEMPLATE}")
    dsn = _of(cluster, _TEMPLATE)
    await migrate(dsn)
    async with Database(dsn) as database:
        async with database.transaction() as tx:
            await put_store(tx, StoreOptions("default", 1, "en_US", "base", is_default=True))
            await put_store(tx, StoreOptions("german", 2, "de_DE", "base"))
            for number, (sku, parent) in PRODUCTS.items():
                of = PRODUCTS[parent][0] if parent else None
                await put_product(tx, ProductOptions(sku, id=number, slug=f"a-{sku}", name=sku, parent=of))
            await put_product(tx, ProductOptions(EXTERNAL, id=30, slug=EXTERNAL, name=EXTERNAL))
            admin = await put_token(tx, SecretBox(SECRET_KEY), TokenOptions("admin"))
        _, key = await put_key(database, KeyOptions("admin"))
        _, native_key = await put_key(database, KeyOptions("admin", ["v1"], "torture"))
    return Shop(cluster, admin, key, native_key)


@asynccontextmanager
async def _admin(cluster: Cluster) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(cluster.dsn)
    try:
        yield connection
    finally:
        await connection.close()


def _of(cluster: Cluster, database: str) -> str:
    return cluster.dsn.replace("@/postgres?", f"@/{database}?")


@dataclass
class Member:
    """A web process or a worker: its place in the fleet stays, its process comes and goes."""

    name: str
    port: int
    proxy: Proxy
    log: Path
    child: Child | None = None
    ended_requests: set[str] = field(default_factory=set)
    read: int = 0
    starts: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_web(self) -> bool:
        return not self.name.startswith("worker")

    @property
    def is_up(self) -> bool:
        return self.child is not None and self.child.is_alive

    def send(self, sign: signal.Signals) -> None:
        if self.child is not None:
            self.child.send(sign)


class Fleet:
    """The processes of one round over one store. `trouble` collects what no log should have said."""

    def __init__(self, nursery: Nursery, shop: Shop, folder: Path, disc: Path, kind: StoreKind, planted: str) -> None:
        self._nursery = nursery
        self.shop = shop
        self.folder = folder
        self.disc = disc
        self.kind = kind
        self.planted = planted
        self.members: dict[str, Member] = {}
        self.cold: Member
        """The process that is started after a round, and has nothing in memory."""
        self.commands: set[Child] = set()
        self.trouble: list[str] = []
        self.events: Counter[str] = Counter()
        self.starting = asyncio.Lock()
        """Whoever ends and starts processes does so alone."""
        self.postgres = asyncio.Lock()
        """The same for Postgres."""
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.s3: S3Proxy | None = None
        self.s3_address = ""
        self.bucket = ""
        self.journal = folder / "journal"
        self.objects = Disc(disc / "objects", self.journal)
        self.dsn = ""

    @property
    def webs(self) -> list[Member]:
        return [member for member in self.members.values() if member.is_web]

    @property
    def workers(self) -> list[Member]:
        return [member for member in self.members.values() if not member.is_web]

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.dsn)

    def environment(self, dsn: str, **more: Any) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        place: dict[str, Any] = {
            "DATABASE_URL": dsn,
            "DATA_DIR": self.disc,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": PUBLIC_URL,
            "LOG_FORMAT": "json",
            "LOG_SAMPLE": 1,
            "JOB_LEASE_SECONDS": 3,
            "CODEC_PROCESSES": 1,
            "RUN_WORKER": "false",
            "DRAIN_SECONDS": 0,
            "FETCH_ALLOWED_NETWORKS": "127.0.0.1:*",
        }
        if self.s3 is not None:
            place |= {"S3_BUCKET": self.bucket, "S3_ENDPOINT_URL": f"http://127.0.0.1:{self.s3.port}"}
            place |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        return kept | place | more

    def note(self, what: str) -> None:
        """Into the round's own log, beside those of its processes."""
        with (self.folder / "round.log").open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {what}\n")

    async def start(self, member: Member) -> None:
        await self.may_start.wait()
        words, port = ("serve", "PORT") if member.is_web else ("worker", "WORKER_PORT")
        member.starts += 1
        member.child = await self._nursery.start(
            words,
            environment=self.environment(member.proxy.dsn, **{port: member.port}),
            log=member.log,
            journal=self.journal if self.kind == "files" else None,
            planted=self.planted,
        )

    async def until_ready(self, member: Member, seconds: float = _READY_SECONDS) -> None:
        """AssertionError where it is not ready in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        async with aiohttp.ClientSession() as session:
            while loop.time() < deadline:
                with suppress(aiohttp.ClientError, TimeoutError):
                    timeout = aiohttp.ClientTimeout(total=2)
                    async with session.get(f"{member.base}/health/ready", timeout=timeout) as answer:
                        if answer.status == 200 and json.loads(await answer.read())["status"] == "ok":
                            return
                await asyncio.sleep(0.05)
        raise AssertionError(f"{member.name} was not ready within {seconds:.0f} seconds")

    async def command(self, *words: str, seconds: float = 90, answers: bool = True) -> tuple[int | None, str]:
        """A command of the product to its end: its exit code (None where it took too long) and what it answered."""
        await self.may_start.wait()
        answer = self.folder / f"answer-{len(list(self.folder.glob('answer-*')))}-{words[0]}"
        child = await self._nursery.start(
            *words,
            environment=self.environment(self.dsn),
            log=self.folder / "commands.log",
            answer=answer if answers else None,
            journal=self.journal if self.kind == "files" else None,
            planted=self.planted,
        )
        self.commands.add(child)
        try:
            async with asyncio.timeout(seconds):
                await child.ended.wait()
        except TimeoutError:
            child.send(signal.SIGKILL)
            return None, f"{' '.join(words)} took more than {seconds:.0f} seconds"
        finally:
            self.commands.discard(child)
            self.note(f"{' '.join(words)} ended with {child.code}")
        return child.code, answer.read_text(errors="replace") if answers else ""

    def bucket_client(self) -> Any:
        """To the server itself, past what goes wrong on the way to it."""
        return aioboto3.Session("test", "test", region_name="us-east-1").client("s3", endpoint_url=self.s3_address)

    async def s3_keys(self) -> set[str]:
        """All that lies in the bucket."""
        async with self.bucket_client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            return {item["Key"] async for page in pages for item in page.get("Contents", ())}

    async def watch_logs(self) -> None:
        """Reads what the processes say, until cancelled."""
        while True:
            for member in self.members.values():
                await asyncio.to_thread(self.read_log, member)
            await asyncio.sleep(0.1)

    def read_log(self, member: Member) -> None:
        if not member.log.exists():
            return
        with member.log.open("rb") as log:
            log.seek(member.read)
            for raw in log:
                if not raw.endswith(b"\n"):
                    break
                member.read += len(raw)
                self._hear(member, raw)

    def _hear(self, member: Member, raw: bytes) -> None:
        try:
            line = json.loads(raw)
            event = str(line["event"])
        except (ValueError, KeyError, TypeError):
            if b"Traceback" in raw or b"Error" in raw:
                self.trouble.append(f"{member.name} said: {raw.decode(errors='replace').strip()}")
            return
        self.events[event] += 1
        if event == "request":
            member.ended_requests.add(str(line.get("request_id")))
        if event == "request_failed" or (event == "request" and line.get("status") == 500):
            self.trouble.append(f"{member.name} failed: {raw.decode(errors='replace').strip()[:2000]}")
        if event == "job_failed" and line.get("final"):
            self.trouble.append(f"{member.name} gave a job up: {line.get('reason')}")


@asynccontextmanager
async def fleet(
    nursery: Nursery,
    shop: Shop,
    folder: Path,
    disc: Path,
    kind: StoreKind,
    *,
    number: str,
    webs: int = 2,
    workers: int = 1,
    s3: str = "",
    planted: str = "",
) -> AsyncIterator[Fleet]:
    """A fleet that is ready, over a database and a store of its own. `s3` is the server's address."""
    made = Fleet(nursery, shop, folder, disc, kind, planted)
    name = f"round_{number}"
    async with AsyncExitStack() as stack:
        async with _admin(shop.cluster) as connection:
            await connection.execute(f"create database {name} template {_TEMPLATE} strategy file_copy")
        made.dsn = _of(shop.cluster, name)
        if kind == "s3":
            made.s3_address, made.bucket = s3, name.replace("_", "-")
            made.s3 = S3Proxy(s3)
            await stack.enter_async_context(made.s3.opened())
            async with made.bucket_client() as client:
                await client.create_bucket(Bucket=made.bucket)
        names = [f"web{n}" for n in range(webs)] + [f"worker{n}" for n in range(workers)]
        for one in (*names, "cold"):
            proxy = await stack.enter_async_context(proxied(made.dsn))
            made.members[one] = Member(one, free_port(), proxy, folder / f"{one}.log")
        made.cold = made.members.pop("cold")
        for member in made.members.values():
            await made.start(member)
        watching = asyncio.create_task(made.watch_logs())
        try:
            await asyncio.gather(*(made.until_ready(member) for member in made.members.values()))
            yield made
        finally:
            watching.cancel()
            await _ended([*made.members.values(), made.cold])
            async with _admin(shop.cluster) as connection:
                await connection.execute(f"drop database {name} with (force)")


async def _ended(members: list[Member]) -> None:
    for member in members:
        if member.child is not None:
            member.send(signal.SIGCONT)
            member.send(signal.SIGKILL)
            await member.child.ended.wait()
