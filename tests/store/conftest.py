"""The stores that the contract suite runs over, each with a way to take it away and bring it back."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from app.store import FileStore, ObjectStore
from app.store.s3 import S3Store

BUCKET = "pictures"


@dataclass(frozen=True)
class StoreUnderTest:
    store: ObjectStore
    leave: Callable[[], None]
    come_back: Callable[[], None]


@pytest.fixture(params=["files", "s3"], name="case")
async def _case(request: pytest.FixtureRequest) -> AsyncIterator[StoreUnderTest]:
    if request.param == "files":
        folder: Path = request.getfixturevalue("tmp_path")
        root, elsewhere = folder / "objects", folder / "unmounted"
        async with FileStore(root) as store:
            yield StoreUnderTest(store, lambda: move(root, elsewhere), lambda: move(elsewhere, root))
    else:
        server: StoppableS3 = request.getfixturevalue("s3")
        async with S3Store(BUCKET, endpoint_url=server.url) as s3:
            await s3._client.create_bucket(Bucket=BUCKET)
            yield StoreUnderTest(s3, server.stop, server.start)


def move(source: Path, target: Path) -> None:
    source.rename(target)


@pytest.fixture(name="store")
def _store(case: StoreUnderTest) -> ObjectStore:
    return case.store


class StoppableS3:
    """A server whose address and content outlive a stop."""

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


@pytest.fixture(name="s3")
def _s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoppableS3]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = StoppableS3()
    yield server
    with contextlib.suppress(Exception):
        import requests

        requests.post(f"{server.url}/moto-api/reset", timeout=5)
    server.stop()
