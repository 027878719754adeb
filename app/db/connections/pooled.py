"""A pooler in front of Postgres that hands out connections by transaction, and the way past it."""

from typing import Self


class Pooled(str):
    """A connection string that leads through such a pooler, as PgBouncer in transaction mode: nothing is kept from one
    transaction to the next, neither prepared statements nor settings, locks, temporary tables or LISTEN. `direct` is
    one that leads to Postgres itself."""

    __slots__ = ("direct",)

    direct: str

    def __new__(cls, dsn: str, direct: str) -> Self:
        pooled = super().__new__(cls, dsn)
        pooled.direct = direct
        return pooled


def reached(dsn: str, listen: str) -> str:
    """The connection string of a database for which `DATABASE_URL` and `DATABASE_LISTEN_URL` are these."""
    return Pooled(dsn, listen) if listen and listen != dsn else dsn


def direct(dsn: str) -> str:
    """The connection string for whoever needs a session."""
    return dsn.direct if isinstance(dsn, Pooled) else dsn
