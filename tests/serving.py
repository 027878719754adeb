"""Applications served as the product serves them."""

from typing import Any

from aiohttp.test_utils import TestServer

from app.server.runner import Runner


class ProductServer(TestServer):
    """Has the product's own runner. aiohttp's test server would serve without what stands in front of the application,
    and cancel handlers whose client has left, which a server does not do unless it is told to."""

    __test__ = False

    async def _make_runner(self, **_: Any) -> Runner:
        runner = Runner(self.app)
        runner.drain_seconds = 0
        return runner
