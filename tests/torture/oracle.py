"""What the database itself holds, read past all that the torture puts in the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg

from app.db.errors import DRIVER_ERRORS
from tests.torture.model import GERMAN, Gallery, Image, ScopeValues

_AWAY: Final = DRIVER_ERRORS
_TRIES: Final = 60

NAME: Final = "oracle"
"""How Postgres knows its connections, which no fault means."""

_IMAGES: Final = f"""
    select i.id, i.file_name, encode(p.blob_hash, 'hex') as sha, i.label, i.position, i.excluded,
        s.label as german_label, s.position as german_position, s.excluded as german_excluded,
        coalesce(s.hidden, false) as german_hidden
    from image i join picture p on p.id = i.picture_id
    left join image_store s on s.image_id = i.id and s.store_view_id = {GERMAN}
    where i.product_id = $1 and i.deleted_at is null and p.blob_hash is not null
"""
_TYPES: Final = "select store_view_id, type_code, image_id from image_type_assignment where product_id = $1"
_AGED: Final = (("blob", "created_at", "true"), ("blob_claim", "claimed_at", "not is_removal"))
_DOUBLED: Final = """
    select encode(payload, 'hex') from pgqueuer where entrypoint = 'render' and status in ('queued', 'picked')
    group by payload having count(*) > 1
"""
_UNDER_WAY: Final = "select count(*) from pg_stat_activity where xact_start < $1 and application_name <> 'oracle'"


class Oracle:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(
            self._dsn, timeout=5, command_timeout=10, server_settings={"application_name": NAME}
        )
        try:
            yield connection
        finally:
            with suppress(*_AWAY):
                await connection.close(timeout=1)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Tries until the database is there."""
        for _ in range(_TRIES):
            with suppress(*_AWAY):
                async with self._connected() as connection:
                    return list(await connection.fetch(sql, *arguments))
            await asyncio.sleep(0.5)
        raise AssertionError("the database did not come back")

    @asynccontextmanager
    async def told(self, channel: str) -> AsyncIterator[asyncio.Event]:
        """Whether something was told on a channel, as soon as it is."""
        heard = asyncio.Event()
        async with self._connected() as connection:
            await connection.add_listener(channel, lambda *_: heard.set())
            yield heard

    async def gallery(self, product: int) -> Gallery:
        rows = await self.fetch(_IMAGES, product)
        images = [
            Image(
                key=row["file_name"],
                name=row["file_name"],
                sha=row["sha"],
                label=row["label"],
                position=row["position"],
                excluded=row["excluded"],
                german=ScopeValues(
                    row["german_label"], row["german_position"], row["german_excluded"], row["german_hidden"]
                ),
                id=row["id"],
            )
            for row in rows
        ]
        keys = {image.id: image.key for image in images}
        held = await self.fetch(_TYPES, product)
        types = {(row["store_view_id"], row["type_code"]): keys.get(row["image_id"]) for row in held}
        return Gallery(tuple(images), types)

    async def are_over(self, since: Any) -> bool:
        """Whether all transactions that were under way then have come to their end."""
        [row] = await self.fetch(_UNDER_WAY, since)
        return not row[0]

    async def now(self) -> Any:
        [row] = await self.fetch("select clock_timestamp()")
        return row[0]

    async def age(self, before: Any, but: list[str]) -> None:
        """Makes what is older than `before` so old that no grace keeps it, but for bytes that are under way."""
        spared = [bytes.fromhex(sha) for sha in but]
        for table, column, which in _AGED:
            await self.fetch(
                f"update {table} set {column} = {column} - interval '2 hours' "
                f"where {which} and {column} < $1 and hash <> all($2::bytea[])",
                before,
                spared,
            )

    async def age_what_was_taken_away(self) -> None:
        """Makes deleted images and replaced files so old that they cannot be restored."""
        for table, column in (("file_path", "withdrawn_at"), ("change", "at")):
            await self.fetch(f"update {table} set {column} = {column} - interval '40 days' where {column} is not null")

    async def doubled_jobs(self) -> list[str]:
        """Hashes of which two jobs wait or are in hand."""
        return [row[0] for row in await self.fetch(_DOUBLED)]
