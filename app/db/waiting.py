"""Waiting that ends."""

import asyncio


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` was set within that time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
