"""How often one key and one address may write. Off unless settings say otherwise."""

import ipaddress
import math
import time
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web

from app.errors import RateExceeded
from app.http.origin import client_address
from app.settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import RateLimiter

_IPV6_BITS: Final = 64
"""What one subscriber has of an address: he may change the rest at will."""


class RateLimits:
    """Counts in memory: with several processes each allows as much.

    A window slides, so nobody gets twice as much around the turn of a minute.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        rates = {"key": settings.write_rate_per_key, "address": settings.write_rate_per_address}
        self._items: dict[str, RateLimitItem] = {}
        if any(rates.values()):
            from limits import parse  # costs a tenth of a second at the start, which most need not pay
            from limits.aio.storage import MemoryStorage
            from limits.aio.strategies import SlidingWindowCounterRateLimiter

            self._items = {kind: parse(rate) for kind, rate in rates.items() if rate}
            self._limiter: RateLimiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def admit_address(self, request: web.Request) -> None:
        """Counts a write of whoever sends `request`; RateExceeded."""
        if "address" in self._items:
            await self._admit("address", self.subscriber(request))

    def subscriber(self, request: web.Request) -> str:
        """Whose address sends `request`: of IPv6 the part that he cannot change at will."""
        return _subscriber(client_address(request, self._settings))

    async def admit_key(self, key: object) -> None:
        """Counts a write of a key or token; RateExceeded. Without one nothing is counted."""
        await self._admit("key", str(key or ""))

    async def _admit(self, kind: Literal["key", "address"], who: str) -> None:
        item = self._items.get(kind)
        if item is None or not who or await self._limiter.hit(item, kind, who):
            return
        reset, _ = await self._limiter.get_window_stats(item, kind, who)
        raise RateExceeded(f"more than {item} of one {kind}", max(1, math.ceil(min(reset - time.time(), 3600))))


def _subscriber(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if parsed.version == 4:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(parsed) >> _IPV6_BITS << _IPV6_BITS, _IPV6_BITS)))
