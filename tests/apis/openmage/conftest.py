"""APIs to talk to: one that all tests share, since each can have a product of its own, and APIs of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.embedded.cluster import Cluster
from tests.apis.openmage.shop import Api, open_api
from tests.conftest import fresh_database

Open = Callable[..., Awaitable[Api]]


@pytest_asyncio.fixture(name="api", scope="package", loop_scope="session")
async def _api(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The shop that all share; only for tests that run in the session's loop."""
    async with fresh_database(cluster, template) as dsn, open_api(dsn, tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(name="open_own")
async def _open_own(dsn: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens an API of the test's own; keywords are settings."""
    async with AsyncExitStack() as stack:

        async def open_own(**options: Any) -> Api:
            return await stack.enter_async_context(open_api(dsn, tmp_path, **options))

        yield open_own
