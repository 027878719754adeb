"""What there is to be said of a replica, to who asks what is wrong."""

from app.db.pool import Database
from app.db.replica.replica import Replica
from app.db.replica.standing import NoReplica, check_line, standing_of


async def looked_at(dsn: str, primary: Database) -> str:
    """How far it is behind `primary`; NoReplica where it can be of no use, DatabaseUnavailable."""
    async with Replica(dsn, size=1, observe=primary.observe) as replica:
        there, here = await replica.fetchrow("replica_standing"), await primary.fetchrow("primary_standing")
    assert there is not None
    assert here is not None
    standing, written = standing_of(there), standing_of(here)
    check_line(standing, written.line)
    behind = f"{max(0, written.position - standing.position):,} bytes behind"
    if there["is_paused"]:
        raise NoReplica(f"The replica of DATABASE_READ_URL does not replay, and is {behind}.")
    return f"a replica that is {behind}"
