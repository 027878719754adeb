"""What every test may ask for: a database of its own, an S3 bucket of its own, a clean environment."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import structlog

from app.db.connections.connect import Connection
from app.db.migrate import migrate
from app.db.pool import Database
from app.db.queries import Statement, load_queries
from app.embedded.cluster import Cluster
from app.settings import options
from tests.fast import is_left_out, starts_something

if TYPE_CHECKING:
    from tests.store.servers import Running

FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
"""Postgres' settings where nothing needs to survive a crash of the machine."""

_FOREIGN: Final = ("PG", "S3_", "AWS_", "PGQUEUER_")

hypothesis.settings.register_profile("shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("fast", hypothesis.settings.get_profile("shared"), max_examples=20)
hypothesis.settings.load_profile("shared")  # on a busy machine, time says nothing about an example


def pytest_configure(config: pytest.Config) -> None:
    """Nothing of the caller's environment reaches a test; moto takes any credentials."""
    if config.getoption("--fast"):  # before `given` is read, which takes down how many examples are tried
        hypothesis.settings.load_profile("fast")
        os.environ["TEST_LENGTH"] = "fast"
    own = {option.name.upper() for option in options()}
    for name in list(os.environ):
        if name in own or name.startswith(_FOREIGN):
            del os.environ[name]
    _keep_bytecode()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


def _keep_bytecode() -> None:
    """Where the shell forbids it, each program that a test starts would compile a thousand modules again."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="only tests that start no server, database or program")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`--fast` leaves out what a first change need not wait for."""
    if not config.getoption("--fast"):
        return
    slow = [item for item in items if starts_something(item)]
    config.hook.pytest_deselected(items=slow)
    left_out = set(slow)
    items[:] = [item for item in items if item not in left_out]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("--fast") and is_left_out(collection_path) else None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice as many as there are processors: with half as many again, a third of their time was left over while tests
    waited for what they start. Those that start nothing hardly wait."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return max(2, processors if config.getoption("--fast") else processors * 2)


@pytest.fixture(scope="session")
def cluster(memory: Path) -> Iterator[Cluster]:
    """A Postgres for the session (one per worker under xdist)."""
    with asyncio.Runner() as runner:
        cluster = Cluster(memory / "session", FAST)
        runner.run(cluster.start())
        try:
            yield cluster
        finally:
            runner.run(cluster.stop())


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for many or large files, in memory where the system allows."""
    shared = Path("/dev/shm")
    if not (shared.is_dir() and os.access(shared, os.W_OK)):
        yield tmp_path_factory.mktemp("memory")
        return
    with tempfile.TemporaryDirectory(prefix="pi-", dir=shared) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def seed(memory: Path) -> Path:
    """A data directory with a Postgres that has been set up and ended."""
    folder = memory / "seed"
    with asyncio.Runner() as runner:
        cluster = Cluster(folder, FAST)
        runner.run(cluster.start())
        runner.run(cluster.stop())
    return folder


@pytest.fixture
def data_dir(memory: Path, seed: Path) -> Iterator[Path]:
    """A data directory of the test's own, with a Postgres that can be started."""
    folder = memory / uuid4().hex[:8]
    shutil.copytree(seed, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def spare(data_dir: Path) -> AsyncIterator[Cluster]:
    """A running Postgres that the test may stop, start and kill."""
    cluster = Cluster(data_dir, FAST)
    await cluster.start()
    yield cluster
    await cluster.stop()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of a migrated database that is only ever copied."""
    asyncio.run(_make_template(cluster.dsn))
    return "template_migrated"


async def _make_template(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("create database template_migrated")
    await connection.close()
    await migrate(with_database(dsn, "template_migrated"))


@asynccontextmanager
async def fresh_database(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """A copy of the template for as long as the block lasts: its DSN."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(cluster.dsn)
    try:
        await admin.execute(f"create database {name} template {template} strategy file_copy")
        yield with_database(cluster.dsn, name)
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


def with_database(dsn: str, name: str) -> str:
    return dsn.replace("@/postgres?", f"@/{name}?")


@pytest.fixture
async def empty_dsn(cluster: Cluster) -> AsyncIterator[str]:
    """A database of the test's own, without any table."""
    async with fresh_database(cluster, "template1") as dsn:
        yield dsn


@pytest.fixture
async def dsn(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    async with fresh_database(cluster, template) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def queries() -> Mapping[str, Statement]:
    return load_queries()


@pytest.fixture
async def database(dsn: str, queries: Mapping[str, Statement]) -> AsyncIterator[Database]:
    async with Database(dsn, queries=queries) as database:
        yield database


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_of_all(cluster: Cluster, template: str) -> AsyncIterator[Database]:
    """A migrated database for all tests of a file that run in the session's loop and leave it as it was."""
    async with fresh_database(cluster, template) as dsn, Database(dsn) as database:
        yield database


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    """For statements that only a test needs."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@dataclass(frozen=True, slots=True)
class S3:
    bucket: str
    endpoint_url: str


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # half a second that few runs need to spend

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def s3(s3_endpoint: str) -> S3:
    """A bucket of the test's own."""
    bucket = f"test-{uuid4()}"
    with urlopen(Request(f"{s3_endpoint}/{bucket}", method="PUT")):
        return S3(bucket, s3_endpoint)


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], "Running"]]:
    """S3 servers of other makers by name, each started when it is asked for first."""
    from tests.store.servers import PROGRAMS, running  # boto3 is half a second that few runs need to spend

    programs = {one.name: one for one in PROGRAMS}
    with ExitStack() as stack:

        @cache
        def started(name: str) -> "Running":
            return stack.enter_context(running(programs[name], tmp_path_factory.mktemp(name)))

        yield started


@pytest.fixture(name="_restored_logging")
def _restored_logging() -> Iterator[None]:
    """For tests in whose process logging is set up."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
