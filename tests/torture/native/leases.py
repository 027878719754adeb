"""Time passes for deliveries: what was refused is due, and what a dead process holds is anybody's."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

_DUE: Final = "update webhook_delivery set next_try_at = now() where state = 'pending' and next_try_at > now()"
_LET_GO: Final = """
    update webhook set held_until = now() - interval '1 second'
    where split_part(holder, ':', 2) <> all ($1::text[]) and held_until > now()
"""


async def pass_time(execute: Callable[..., Awaitable[Any]], alive: Iterable[int]) -> None:
    """`alive` are the processes that may deliver. A statement of one that was killed may be carried out behind this, so
    who waits for something does it again and again."""
    await execute(_DUE)
    await execute(_LET_GO, [str(pid) for pid in alive])
