"""A replica of a test's Postgres, by streaming replication."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.embedded.cluster import Cluster
from app.embedded.folders import made_folder

REPLICATED: Final = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
"""Options of whoever is followed, or follows."""


async def replica_of(primary: Cluster, address: str, data_dir: Path, options: Mapping[str, str]) -> Cluster:
    """One that follows `primary`, which is reached at `address`; to be started."""
    runnable = primary._runnable
    assert runnable is not None
    made_folder(data_dir)
    runnable.identity.take_over(data_dir)
    command = [runnable.binaries / "pg_basebackup", "-D", data_dir / "postgres", "-R", "-X", "stream", "-c", "fast"]
    copying = runnable.identity.spawn([*command, "-d", f"host={address} user=postgres"], data_dir)
    assert await asyncio.to_thread(copying.wait) == 0
    (data_dir / "postgres" / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # its socket lies among the data
    return Cluster(data_dir, options)
