"""Making a script that fails as short as it can be made: delta debugging over its steps (Zeller and Hildebrandt)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tests.torture.script import Script, Step

Fails = Callable[[Script], Awaitable[bool]]

_MOST_TRIES: Final = 40


async def shrunk(script: Script, fails: Fails, tries: int = _MOST_TRIES) -> Script:
    """The shortest script that was seen to fail within so many tries; faults depend on the clock, so one that should
    fail may not."""
    steps: Sequence[Step] = script.steps
    parts = 2
    while len(steps) > 1 and tries > 0:
        size = -(-len(steps) // parts)
        for start in range(0, len(steps), size):
            rest = [*steps[:start], *steps[start + size :]]
            tries -= 1
            if rest and await fails(script.of(rest)):
                steps, parts = rest, max(2, parts - 1)
                break
            if tries <= 0:
                break
        else:
            if size == 1:
                break
            parts = min(len(steps), 2 * parts)
    return script.of(steps)
