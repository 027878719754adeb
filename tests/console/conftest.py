"""A shop whose console is open to whoever has a link or a key."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio

from app.access.sessions import CHANGE_TOKEN, COOKIE
from app.embedded.cluster import Cluster
from tests.apis.v1.conftest import Answer, Serve, Shop, _serve
from tests.commands.conftest import cli
from tests.conftest import fresh_database
from tests.console.desk import Desk, open_desk

serve = _serve
__all__ = ["cli"]
SESSION: Final = "/console/session"


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser keeps of a log-in: the cookie, and in the page the token of changes."""

    cookie: str
    reported: dict[str, Any]

    @property
    def reads(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"}

    @property
    def changes(self) -> dict[str, str]:
        return self.reads | {CHANGE_TOKEN: self.reported["change_token"]}


async def given(shop: Shop, **members: str) -> Answer:
    return await shop.call("POST", SESSION, None, json=members)


async def logged_in(shop: Shop, **members: str) -> Browser:
    """By `link=` or `key=`."""
    answer = await given(shop, **members)
    assert answer.status == 200, answer
    found = re.match(rf"{COOKIE}=([^;]+)", answer.headers["Set-Cookie"])
    assert found is not None
    return Browser(found[1], answer.json())


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve()


@pytest_asyncio.fixture(name="desk", scope="package", loop_scope="session")
async def _desk(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One shop and one browser for all walks, which run in the session's loop; each has a page of its own."""
    async with fresh_database(cluster, template) as dsn, open_desk(dsn, tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def no_problems(desk: Desk) -> Iterator[None]:
    """Whatever was done, no page had an error in its console, broke the policy, or asked another service."""
    desk.problems.clear()
    yield
    assert desk.problems == []
