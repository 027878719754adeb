"""Bugs to be found: small functions that take the place of a named one in the processes under torture.

Each breaks one promise of `docs/reliability.md`, or of an API. What they replace is named `module:function`, as the
place where the name is looked up when it is called.
"""

import asyncio
import hashlib
import os
import time
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.torture.native.planted import NATIVE
from tests.torture.planting import QUERIES, Planted, found, nothing, nothing_async, profile, queries


def plant(name: str) -> None:
    """Into this process."""
    for place, made in PLANTED[name].places.items():
        owner, attribute = found(place)
        setattr(owner, attribute, made(getattr(owner, attribute)))


# --- what takes the place ---

_LATE: Final = set[Any]()


def _put_later(put: Any) -> Any:
    """Rows are committed while the bytes are still to be put."""

    async def later(self: Any, spool: Any, blob: Any) -> None:
        data = spool.path.read_bytes()

        async def work() -> None:
            await asyncio.sleep(3)
            await self._store.put(_blob_key(blob.hash), data, sha256=blob.hash, media_type="image/jpeg")

        _LATE.add(asyncio.create_task(work()))

    return later


def _blob_key(sha: str) -> str:
    return str(import_module("app.store").blob_key(sha))


def _in_two_parts(_: Any) -> Any:
    """A file has its name before it has all its bytes."""

    def put(self: Any, target: Path, source: Path | bytes, sha256: str | None, *, handover: bool) -> bool:
        data = source if isinstance(source, bytes) else source.read_bytes()
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            time.sleep(0.3)
            file.write(data[len(data) // 2 :])
            file.flush()
            os.fsync(file.fileno())
        return True

    return put


def _without_end(_: Any) -> Any:
    """A killed worker's jobs stay its own."""

    async def running(self: Any, manager: Any) -> None:
        await manager.run(
            dequeue_timeout=self._lease / 2,
            batch_size=1,
            max_concurrent_tasks=2,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=timedelta(days=1),
            log_aggregation_interval=timedelta(0),
        )

    return running


def _undeduplicated(enqueue: Any) -> Any:
    async def enqueued(transaction: Any, jobs: Any) -> None:
        await enqueue(transaction, [replace(job, dedupe_key=None) for job in jobs])

    return enqueued


def _tag_of_path(represent: Any) -> Any:
    """The validator is one of the name, and not of the bytes."""

    def represented(**about: Any) -> Any:
        digest = hashlib.sha256(about["filename"].encode()).hexdigest()
        return represent(**{**about, "etag": f'"{digest[:32]}"'})

    return represented


def _any_bytes(_: Any) -> Any:
    """What is put back is whatever file came first."""

    async def put_back(self: Any, damage: Any, path: Path) -> bool:
        data = b"\xff\xd8" + path.read_bytes()[2:-2] + b"other"
        await self._store.put(damage.expected.key, data, media_type="image/jpeg")
        return True

    return put_back


def _never_away(write: Any) -> Any:
    """A database that was away is reported as a success."""

    async def written(*arguments: Any, **options: Any) -> None:
        errors = import_module("app.errors")
        try:
            await write(*arguments, **options)
        except errors.DatabaseUnavailable:
            return

    return written


def _final_at_once(failed: Any) -> Any:
    """Whatever is merely away fails a job for good."""
    return lambda self, job, error: (True, failed(self, job, error)[1])


def _always_heard(_: Any) -> Any:
    async def answers(*_: Any) -> bool:
        return True

    return answers


def _unless_families(hear: Any) -> Any:
    """As if it had been reported before there was anything to see."""

    def heard(self: Any, payload: str) -> None:
        if not payload.replace(",", "").isdigit():
            hear(self, payload)

    return heard


# --- the bugs, and where they can be found ---

_UPLOADS: Final = {"spree create": 5, "openmage create": 5, "burst": 2}
_ALL: Final = _UPLOADS | {
    "spree destroy": 3,
    "spree update": 4,
    "openmage update": 4,
    "openmage delete": 2,
    "spree move": 2,
}


PLANTED: Final[dict[str, Planted]] = {
    "lost fsync": Planted(
        "a file that was put is on disc",
        {"app.store.files:_verify_and_flush": nothing},
        profile(_UPLOADS, {"cut power": 1}, fault_every=6),
    ),
    "lost fsync of a folder": Planted(
        "the name of a file that was put is on disc",
        {"app.store.files:_flush": nothing},
        profile(_UPLOADS, {"cut power": 1}, fault_every=6),
    ),
    "row before bytes": Planted(
        "bytes come before rows",
        {"app.service.pictures.intake:Intake._put": _put_later},
        profile(_UPLOADS, {"kill web": 1}, pictures=24),
    ),
    "half a file": Planted(
        "a file is whole or absent",
        {"app.store.files:FileStore._put": _in_two_parts},
        profile(_UPLOADS, {"kill web": 1}),
    ),
    "sweep without claims": Planted(
        "a sweep spares bytes that are being put",
        {
            QUERIES: queries(
                unused_blobs=("k.claimed_at >= now() - $1::interval", "k.claimed_at is null"),
                may_be_removed=("claimed_at >= now() - $2::interval", "claimed_at > now() + $2::interval"),
            )
        },
        profile({"spree create": 4, "openmage create": 4, "sweep": 4}, {"s3 late": 1}, pictures=24, fault_every=3),
        store="s3",
    ),
    "cache kept after a drop": Planted(
        "a change shows in every process within a second",
        {"app.cache.documents:DocumentCache.drop_families": nothing},
        profile(_ALL),
    ),
    "notification before commit": Planted(
        "other processes hear of a change once it can be seen",
        {"app.wiring.caches:Caches.hear": _unless_families},
        profile(_ALL),
    ),
    "silence taken for a sign of life": Planted(
        "a listening connection that fell silent is noticed",
        {"app.db.listen:Listener._answers_in_time": _always_heard},
        profile(_ALL, faults={"silence listener": 1}),
    ),
    "lease without end": Planted(
        "a killed worker's jobs go to another one",
        {"app.db.queue.runner:JobRunner._run": _without_end},
        profile(_UPLOADS, {"kill worker": 1}),
    ),
    "position not locked": Planted(
        "two images of a gallery never get one place",
        {QUERIES: queries(lock_products=("for update", ""))},
        profile({"burst": 5, "spree create": 2}),
    ),
    "double job": Planted(
        "of the same bytes one job waits or is in hand",
        {"app.service.pictures.filing:enqueue": _undeduplicated},
        profile({"burst": 5, "spree create": 2}, {"stop worker": 1}),
    ),
    "job given up early": Planted(
        "what is merely away fails no job",
        {"app.db.queue.trial:Trials.failed": _final_at_once},
        profile(_UPLOADS, {"s3 error": 3, "s3 half": 2, "s3 silent": 1}),
        store="s3",
    ),
    "success despite a lost database": Planted(
        "what is acknowledged was committed",
        {
            "app.service.galleries.openmage.writer:GalleryWriter.update": _never_away,
            "app.service.galleries.openmage.writer:GalleryWriter.delete": _never_away,
        },
        profile(
            {"openmage create": 2, "openmage update": 8, "openmage delete": 2},
            {"terminate backends": 3, "cut database": 3, "restart postgres": 1},
            fault_every=3,
        ),
    ),
    "ETag of other bytes": Planted(
        "an ETag is one of the bytes",
        {"app.delivery.media:represent_image": _tag_of_path},
        profile(_ALL),
    ),
    "restore of other bytes": Planted(
        "what is put back has the hash of what was lost",
        {"app.service.upkeep.verify:Verify._put_back": _any_bytes},
        profile(_UPLOADS | {"repair": 8}),
    ),
    "purge without a bar": Planted(
        "purged bytes stay away",
        {QUERIES: queries(bar_blob=("($1)", "(sha256($1))"))},
        profile(_UPLOADS | {"purge": 8}, pictures=4),
    ),
    "withdrawn path answers": Planted(
        "what was destroyed is not served again",
        {
            "app.service.galleries.removal:withdraw_path": nothing_async,
            "app.service.galleries.spree.writer:withdraw_path": nothing_async,
        },
        profile(_ALL),
    ),
    "withdrawn file kept in memory": Planted(
        "a process that withdraws a path never sends it again, and others soon do not",
        {
            "app.delivery.media:Media.drop_path": nothing,
            "app.delivery.media:Media.drop_paths": nothing,
        },
        profile(_UPLOADS | {"spree destroy": 6}),
    ),
    "gap left in a list": Planted(
        "images behind one that goes close the gap",
        {"app.service.galleries.positions:remove": lambda _: lambda *_: {}},
        profile(_ALL),
    ),
    "types kept by what is gone": Planted(
        "what is destroyed or moved holds no type",
        {QUERIES: queries(release_types_of_image=("image_id = $1", "image_id = $1 and false"))},
        profile({"openmage create": 4, "openmage update": 6, "spree destroy": 4, "spree move": 4}),
    ),
    **NATIVE,
}
