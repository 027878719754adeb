"""The log has a row for every change and for nothing else, the feed an event for every row, and webhooks heard each."""

import asyncio
from collections import Counter
from typing import Final

from tests.torture.fleet import Member
from tests.torture.native.following import Feed, read_page
from tests.torture.native.leases import pass_time
from tests.torture.run import Run

_DELIVERED_SECONDS: Final = 60.0
_OWN: Final = "('image.created','image.updated','image.replaced','image.moved','image.deleted','image.restored')"
_BY_NOBODY: Final = "('image.ready','image.failed','batch.finished')"
_REQUESTS: Final = f"select request_id from change where request_id is not null and kind not in {_BY_NOBODY}"
_REVISIONS: Final = f"""
    select i.id, i.revision, count(c.id) as rows from image i
    left join change c on c.image_id = i.id and c.kind in {_OWN}
    group by i.id having i.revision <> count(c.id)
"""
_UNTOLD: Final = "select id from webhook_delivery where state <> 'done'"
_SCRUBBED: Final = """
    select id from change
    where image_id in (select image_id from change where before ? 'purged' or after ? 'purged')
"""
"""Of images that have shown what was purged nothing is kept, so what is sent again is made anew."""


async def check_log(run: Run, members: list[Member]) -> None:
    await _requests(run)
    for row in await run.fleet.oracle.fetch(_REVISIONS):
        run.complain(f"image {row['id']} is at revision {row['revision']}, and the log has {row['rows']} rows of it")
    rows = [row["id"] for row in await run.fleet.oracle.fetch("select id from change order by id")]
    for member in members:
        await _feed(run, member, Feed(), rows)
    for followed in (run.feed, run.stream):
        await _feed(run, members[-1], followed, rows)
    await _deliveries(run, rows)


async def _requests(run: Run) -> None:
    """Whoever asked for a change has rows in the log if and only if it was made."""
    found = {row["request_id"] for row in await run.fleet.oracle.fetch(_REQUESTS)}
    for request, is_changed in run.logged.items():
        if (request in found) != is_changed:
            run.complain(f"{request} has {'changed' if is_changed else 'not changed'} something, and the log differs")


async def _feed(run: Run, member: Member, feed: Feed, rows: list[int]) -> None:
    """To its end."""
    while await read_page(run, feed, member):
        pass
    told = [row for row in feed.rows if row <= rows[-1]]
    if told != rows:
        more = Counter(told) - Counter(rows)
        run.complain(f"{member.name}: the feed lacks {set(rows) - set(told)}, has {more} too often, or is out of order")
    run.figures.compared += len(rows)


async def _deliveries(run: Run, rows: list[int]) -> None:
    """Time is made to pass: what was refused is due, and what a dead process held is let go."""
    receiver, oracle, loop = run.receiver, run.fleet.oracle, asyncio.get_running_loop()
    receiver.is_good, deadline = True, loop.time() + _DELIVERED_SECONDS
    wanted = {f"wh{receiver.webhook}_{row}_1" for row in rows if row > receiver.behind}
    untold = None
    while (not wanted <= receiver.taken or untold) and loop.time() < deadline:
        await hurry(run)
        await asyncio.sleep(0.2)
        untold = await oracle.fetch(_UNTOLD)
    scrubbed = {f"wh{receiver.webhook}_{row['id']}_1" for row in await oracle.fetch(_SCRUBBED)}
    told = {name for name in receiver.came if name.endswith("_1")}
    all_rows = {row["id"] for row in await oracle.fetch("select id from change")}
    for wrong, what in (
        (wanted - receiver.taken, "events were not delivered"),
        ({name for name in told if int(name.split("_")[1]) not in all_rows}, "deliveries tell of no row"),
        (
            {name for name in receiver.other_bytes if name.endswith("_1")} - scrubbed,
            "deliveries came again with other bytes",
        ),
        ({row["id"] for row in untold or ()}, "deliveries are not done"),
    ):
        if wrong:
            run.complain(f"{len(wrong)} {what}: {sorted(wrong)[:5]}")
    run.figures.deliveries += len(wanted)


async def hurry(run: Run) -> None:
    """What was refused is due, and whoever is dead delivers no more."""
    alive = [member.child.pid for member in run.fleet.workers if member.child is not None and member.is_up]
    await pass_time(run.fleet.oracle.fetch, alive)
