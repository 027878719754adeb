"""Asking once more, when all has been put right."""

import asyncio

from tests.torture.clients import Answer
from tests.torture.fleet import Member
from tests.torture.run import Run


async def read(run: Run, member: Member, path: str, headers: dict[str, str]) -> Answer:
    """One that the service was too busy for is asked for again, for a while."""
    for _ in range(20):
        answer = await run.client.call(member, "GET", path, **headers)
        if answer.status != 503:
            break
        await asyncio.sleep(0.5)
    return answer


async def unchanged(run: Run, member: Member, path: str, headers: dict[str, str], answer: Answer) -> None:
    tag = answer.headers.get("ETag")
    if tag is not None:
        again = await run.client.call(member, "GET", path, If_None_Match=tag, **headers)
        if again.status != 304:
            run.complain(f"{member.name}: {path} has the ETag {tag}, and asked with it answers {again.status}")
