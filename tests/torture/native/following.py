"""Those who follow the feed all the while, by pages and as a stream, through every process and whatever goes wrong."""

import random
from asyncio import sleep
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.torture.fleet import Member
    from tests.torture.run import Run

_PAGE: Final = 200
_PAUSE: Final = 0.2
_OWN_PART: Final = ".1"
"""What the cursor ends with of a row's own event; others tell what it leads to, which changes."""

_ID: Final = b"id:"


@dataclass
class Feed:
    """The rows of the log whose events came, in the order in which they did, and where to go on."""

    rows: list[int] = field(default_factory=list)
    place: str = "0"

    def take(self, cursor: str) -> None:
        """An event that came."""
        if cursor.endswith(_OWN_PART):
            self.rows.append(int(cursor.removesuffix(_OWN_PART)))


async def follow_on(run: "Run", number: int) -> None:
    """Until cancelled; complains of answers that no fault excuses."""
    dice = random.Random(number)
    while True:
        if not await read_page(run, run.feed, dice.choice(run.fleet.webs), wait=1):
            await sleep(_PAUSE)


async def read_page(run: "Run", feed: Feed, member: "Member", wait: int = 0) -> bool:
    """Goes on; whether there was something."""
    answer = await run.client.native(member, "GET", f"events?after={feed.place}&limit={_PAGE}&wait={wait}")
    if answer.status not in {0, 200, 503}:
        run.complain(f"who follows the feed behind {feed.place} got {answer}")
    if answer.status != 200:
        return False
    page = answer.json()
    for item in page["items"]:
        feed.take(item["data"]["cursor"])
    moved: bool = page["next"] != feed.place
    feed.place = page["next"]
    return moved


async def stream_on(run: "Run", number: int) -> None:
    """As browsers do: who is cut off comes back, through another process, with the last id that came."""
    dice, feed = random.Random(number), run.stream
    while True:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": feed.place, **run.client.bearer}
        cursor = ""
        async for line in run.client.lines(dice.choice(run.fleet.webs), "/v1/events", headers):
            if line.startswith(_ID):
                cursor = line.removeprefix(_ID).decode().strip()
            elif not line.strip() and cursor:  # of an event that broke off nothing has come
                feed.place, cursor = cursor, ""
                feed.take(feed.place)
        await sleep(_PAUSE)
