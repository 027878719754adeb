"""Rooms to talk to: one that all tests share, since each can have a product of its own, and rooms of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.embedded.cluster import Cluster
from tests.apis.openmage.shop import Room, open_room
from tests.conftest import fresh_database

Open = Callable[..., Awaitable[Room]]


@pytest_asyncio.fixture(name="room", scope="package", loop_scope="session")
async def _room(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """The shop that all share; only for tests that run in the session's loop."""
    async with fresh_database(cluster, template) as dsn, open_room(dsn, tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture(name="open_own")
async def _open_own(dsn: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a room of the test's own; keywords are settings."""
    async with AsyncExitStack() as stack:

        async def open_own(**options: Any) -> Room:
            return await stack.enter_async_context(open_room(dsn, tmp_path, **options))

        yield open_own
