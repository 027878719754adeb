"""The stores that the contract suite runs over."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from app.events import nobody
from app.store import FileStore, ObjectStore
from app.store.s3 import S3Store
from app.store.watched import WatchedStore
from tests.conftest import S3
from tests.store.servers import PROGRAMS


@pytest.fixture(params=["files", "watched", "s3", *(f"s3-{one.name}" for one in PROGRAMS)], name="store")
async def _store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with _opened(request, tmp_path) as store:
        yield store


def _opened(request: pytest.FixtureRequest, folder: Path) -> AbstractAsyncContextManager[ObjectStore]:
    match request.param:
        case "files":
            return FileStore(folder / "objects")
        case "watched":
            return WatchedStore(FileStore(folder / "objects"), nobody)
        case "s3":
            server: S3 = request.getfixturevalue("s3")
            return S3Store(server.bucket, copies=folder / "copies", endpoint_url=server.endpoint_url)
    other = request.getfixturevalue("others")(request.param.removeprefix("s3-"))
    if reason := other.program.fails.get(request.node.originalname):
        pytest.xfail(reason)
    for name, value in other.environment.items():
        request.getfixturevalue("monkeypatch").setenv(name, value)
    return S3Store(other.fresh_bucket(), copies=folder / "copies", endpoint_url=other.url)


@dataclass(frozen=True)
class FickleStore:
    """A store with a way to take it away and bring it back, its content kept."""

    store: ObjectStore
    leave: Callable[[], object]
    come_back: Callable[[], object]


@pytest.fixture(params=["files", "s3"], name="fickle")
async def _fickle(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FickleStore]:
    if request.param == "files":
        root, elsewhere = tmp_path / "objects", tmp_path / "unmounted"
        async with FileStore(root) as files:
            yield FickleStore(files, lambda: root.rename(elsewhere), lambda: elsewhere.rename(root))
    else:
        server: StoppableS3 = request.getfixturevalue("stoppable_s3")
        async with S3Store("fickle", copies=tmp_path / "copies", endpoint_url=server.url) as s3:
            yield FickleStore(s3, server.stop, server.start)


class StoppableS3:
    """A server of the test's own, whose address and content outlive a stop."""

    def __init__(self) -> None:
        self._port = 0
        self.start()

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()
        self._port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"


@pytest.fixture(name="stoppable_s3")
def _stoppable_s3() -> Iterator[StoppableS3]:
    server = StoppableS3()
    with urlopen(Request(f"{server.url}/fickle", method="PUT")):
        yield server
    server.stop()
