"""A write with an idempotency key is repeated until somebody answers it, through one process after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from tests.torture.clients import Answer
from tests.torture.fleet import Member
from tests.torture.run import Run

_SECONDS: Final = 40.0
_PAUSE: Final = 0.2

Ask = Callable[[Member], Awaitable[Answer]]


async def repeated(run: Run, via: int, name: str, ask: Ask) -> Answer:
    """What the request `name` is answered in the end. Where nobody does, nothing of it is under way any more."""
    loop = asyncio.get_running_loop()
    deadline, tries, unknown = loop.time() + _SECONDS, 0, list[tuple[Member, Answer]]()
    while True:
        member = run.member(via + tries)
        answer = await ask(member)
        if answer.verdict in {"acknowledged", "refused"} and not _is_in_flight(answer):
            return answer
        if answer.verdict == "unknown":
            unknown.append((member, answer))
            run.note(f"{name} through {member.name} was not answered ({answer}), and is repeated")
        if loop.time() > deadline:
            break
        tries += not _is_in_flight(answer)
        await asyncio.sleep(_PAUSE)
    for asked, told in unknown:
        await run.ended(asked, name, told)
    return replace(answer, verdict="unknown" if unknown else "not sent")


def _is_in_flight(answer: Answer) -> bool:
    return answer.status == 409 and "Retry-After" in answer.headers


def is_replay(answer: Answer, first: Answer) -> bool:
    """Whether it is the same answer, which tells that it is."""
    return "Idempotency-Replayed" in answer.headers and (answer.status, answer.body) == (first.status, first.body)
