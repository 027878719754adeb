"""Large tables are freed a slice at a time, between the turns of others: a gigabyte at once would hold them all up."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

_SLICE: Final = 1000
"""Entries freed in one go: about half a millisecond."""


def free(*tables: MutableMapping[Any, Any]) -> None:
    """Empties tables that nobody uses any more, soon; outside of a loop they go with whoever lets them go."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    for table in filter(None, tables):
        loop.call_soon(_free_some, loop, table)


def _free_some(loop: asyncio.AbstractEventLoop, table: MutableMapping[Any, Any]) -> None:
    for _ in range(min(_SLICE, len(table))):
        table.popitem()
    if table:
        loop.call_soon(_free_some, loop, table)
