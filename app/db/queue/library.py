"""The queue's library, set up for the tables that are ours."""

from typing import Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from app.db.connections.connect import Connection

# Named here, because the library would read them from variables as common as CHANNEL.
QUEUE: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=True,
)


def queue_queries(connection: Connection) -> Queries:
    """The library's own statements over one connection, which they share with nobody else."""
    return Queries(AsyncpgDriver(connection), QueryBuilderEnvironment(QUEUE), QueryQueueBuilder(QUEUE))
