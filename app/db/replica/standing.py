"""How far a server has come in the log of all changes."""

from typing import NamedTuple

from app.db.pool import Record
from app.errors import Misconfigured


class Line(NamedTuple):
    """A line of history: positions of one say nothing of another. Whoever becomes a primary begins a timeline. All
    databases of a cluster have one history, and `database` tells them apart: a copy keeps their numbers."""

    cluster: int
    timeline: int
    database: int


class Standing(NamedTuple):
    """`position` in bytes from the log's beginning."""

    position: int
    line: Line


class NoReplica(Misconfigured):
    """It is a server of its own."""


def standing_of(row: Record) -> Standing:
    """Of the only row of `primary_standing` or `replica_standing`; NoReplica."""
    if row["position"] is None:
        raise NoReplica("DATABASE_READ_URL leads to no replica, or one that has become a primary.")
    return Standing(row["position"], Line(row["cluster"], row["timeline"], row["database"]))


def check_line(replica: Standing, primary: Line) -> None:
    """NoReplica for one of another history, or of another database."""
    if replica.line.cluster != primary.cluster:
        raise NoReplica("DATABASE_READ_URL leads to a replica of another cluster than DATABASE_URL's.")
    if replica.line.database != primary.database:
        raise NoReplica("DATABASE_READ_URL leads to another database than DATABASE_URL, in the same cluster.")
    if replica.line.timeline != primary.timeline:
        reported = f"timeline {replica.line.timeline}, while DATABASE_URL's primary is on {primary.timeline}"
        raise NoReplica(f"The replica of DATABASE_READ_URL is on {reported}.")
