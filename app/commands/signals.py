"""How a long-running command is told to end."""

import asyncio
import signal
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


def stop_requested() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM; a second one ends the process at once."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        event.set()
        for number in _ENDING:
            loop.remove_signal_handler(number)

    for number in _ENDING:
        loop.add_signal_handler(number, stop)
    return event
