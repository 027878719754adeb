"""What is wrong with a service, and what helps: the checks of `doctor`, one by one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.access.secret_key import SHORTEST, is_short
from app.access.secrets import SecretBox
from app.db.migrate import pending
from app.db.pool import Database
from app.db.replica.looking import looked_at
from app.errors import Misconfigured, ProductImagesError, sentence
from app.service.changes.delay import FeedWatch
from app.service.pictures.originals import missing_originals
from app.service.upkeep.clocks import skew_of
from app.settings import Settings, options
from app.settings.memory import usable_memory
from app.store import ObjectStore

if TYPE_CHECKING:
    from app.raster.child.pool import CodecPool

_OLDEST_POSTGRES: Final = 150000
_MOST_SKEW_SECONDS: Final = 5.0
_MOST_NAMED: Final = 5
_MB: Final = 1_000_000
_MOST_DELAY_SECONDS: Final = 60.0
_REMEDIES: Final = {
    "keeps no sessions": "Name Postgres itself in DATABASE_LISTEN_URL, or set pool_mode=session for it in PgBouncer.",
    "is not heard at": "Name Postgres itself in DATABASE_LISTEN_URL, with the database that DATABASE_URL leads to.",
    "does not replay": "Run `select pg_wal_replay_resume()` there; until then the primary is read for what changes.",
    "takes no transactions": "Set pool_mode=transaction for it in PgBouncer.",
    "unsupported startup parameter": "Take that parameter out of DATABASE_URL, or let PgBouncer ignore it "
    "(ignore_startup_parameters).",
    "no S3_BUCKET": "Set S3_BUCKET to keep files there; unset S3_ENDPOINT_URL to keep them below DATA_DIR.",
    "lifecycle rule": "Let it leave out what lies below blobs/; of former versions it may remove what it likes.",
    "proxy": "Unset HTTP_PROXY and HTTPS_PROXY for this service, or name the store's host in NO_PROXY.",
}
"""By words that stand in an error's sentence."""
_SHORT_REMEDY: Final = (
    f"Set a new SECRET_KEY of {SHORTEST} random characters or more and the present one as SECRET_KEY_FORMER, restart "
    "all processes, then run `product-images oauth reseal`."
)
_FEED_REMEDY: Final = "Let it end; where it is stuck, end it with `select pg_terminate_backend(PROCESS)`."
_EMBEDDED_REMEDY: Final = "Read postgres.log in DATA_DIR; restore the data directory from a backup or move it away."
_OUTSIDE_REMEDY: Final = "Check DATABASE_URL, and that Postgres 15 or newer runs there and lets this machine in."
_REPLICA_REMEDY: Final = (
    "Name a running replica of DATABASE_URL's primary in DATABASE_READ_URL; until then the primary answers all reads."
)
_LIMIT_WORDS: Final = ("max_", "codec_", "cache_bytes", "_seconds", "concurrency", "pool_size", "recipe_")


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is None where nothing is wrong."""

    name: str
    ok: bool
    detail: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a process that is at work, to be looked at from within; codecs are tried on the `picture`."""

    settings: Settings
    database: Database
    store: ObjectStore
    codecs: "CodecPool"
    picture: Path

    async def findings(self) -> list[Finding]:
        """One for each check, in the order in which they build on one another."""
        settings, database, store = self.settings, self.database, self.store
        return [
            Finding("settings", True, described(settings)),
            await look("database", version_of(database), database_remedy(settings)),
            *await of_replica(settings, database),
            *await of_catalogue(lambda: settings, database),
            await look("store", tried(store), store_remedy(settings)),
            *await of_both(database, store),
            await of_codecs(self.codecs, self.picture),
            await of_walls(self.codecs),
        ]


async def look(name: str, check: Awaitable[str], remedy: str) -> Finding:
    """What a check finds, or why it fails and what helps."""
    try:
        return Finding(name, True, await check)
    except ProductImagesError as error:
        return failed(name, error, remedy)


def failed(name: str, error: ProductImagesError, remedy: str) -> Finding:
    """With what helps against this very error, where its text gives that away."""
    reported = sentence(error)
    return Finding(
        name, False, reported, next((best for words, best in _REMEDIES.items() if words in reported), remedy)
    )


def described(settings: Settings) -> str:
    database = "the embedded Postgres" if settings.embedded else "the Postgres of DATABASE_URL"
    if settings.database_listen_url:
        database += ", with sessions at DATABASE_LISTEN_URL,"
    objects = f"the bucket {settings.s3_bucket}" if settings.s3_bucket else "the file store"
    kept = f"{settings.document_cache_bytes // _MB:,} of {usable_memory() // _MB:,} MB of memory for documents"
    return f"{database} and {objects}, data below {settings.data_dir.resolve()}, {kept}"


def limits(settings: Settings) -> dict[str, int]:
    """The settings that bound something, by the names of their variables."""
    names = [option.name for option in options() if any(word in option.name for word in _LIMIT_WORDS)]
    return {name.upper(): getattr(settings, name) for name in names}


def warnings(settings: Settings) -> list[str]:
    """What may be meant so, and is a mistake where it is not."""
    if settings.s3_bucket:
        return []
    folder = (settings.data_dir / "objects").resolve()
    found = []
    if settings.s3_endpoint_url:
        found.append(f"S3_ENDPOINT_URL counts for nothing without S3_BUCKET: files are kept in {folder}.")
    if not settings.embedded:
        found.append(
            f"The Postgres of DATABASE_URL may serve many machines, but files are kept in {folder}, which no other "
            "one sees: set S3_BUCKET unless all processes run here."
        )
    return found


def database_remedy(settings: Settings) -> str:
    return _EMBEDDED_REMEDY if settings.embedded else _OUTSIDE_REMEDY


def store_remedy(settings: Settings) -> str:
    if settings.s3_bucket:
        return "Check S3_BUCKET, S3_ENDPOINT_URL, the AWS_* credentials, and that the bucket exists and is writable."
    return f"Make {settings.data_dir.resolve()} writable for this user, with room on its disk."


async def version_of(database: Database) -> str:
    row = await database.fetchrow("server_version")
    assert row is not None
    if row["number"] < _OLDEST_POSTGRES:
        raise Misconfigured(f"Postgres {row['version']} is too old: 15 is the oldest that works.")
    return f"Postgres {row['version']}"


async def tried(store: ObjectStore) -> str:
    await store.check()
    return "; ".join(("a small object was written, read and deleted", *await store.remarks()))


async def of_catalogue(sealing: Callable[[], Settings], database: Database) -> tuple[Finding, ...]:
    """Its schema, its secrets, its log. `sealing` gives the settings with the key that seals; Misconfigured."""
    schema = await look("schema", _schema(database), "Run `product-images migrate`.")
    secrets = await look("secrets", _secrets(sealing, database), "Set SECRET_KEY to the value it had.")
    if secrets.ok and is_short(sealing()):  # it goes on opening what it has sealed
        reported = f"{secrets.detail}, but it is short enough to be guessed"
        secrets = replace(secrets, detail=reported, remedy=_SHORT_REMEDY)
    return schema, secrets, await look("feed", _feed(database), _FEED_REMEDY)


async def of_replica(settings: Settings, database: Database) -> tuple[Finding, ...]:
    """Nothing where there is none."""
    if not settings.database_read_url:
        return ()
    return (await look("replica", looked_at(settings.database_read_url, database), _REPLICA_REMEDY),)


async def of_both(database: Database, store: ObjectStore) -> tuple[Finding, Finding]:
    """What database and store have to agree on."""
    restored = "Run `product-images blobs verify --repair DIR`, where DIR holds a backup's files."
    return (
        await look("clock", _clock(database, store), "Let all machines follow a time server (NTP)."),
        await look("originals", _originals(database, store), restored),
    )


async def of_codecs(codecs: "CodecPool", picture: Path) -> Finding:
    async def work() -> str:
        await codecs.inspect(picture)
        return ", ".join(f"{name} {version}" for name, version in codecs.describe().items())

    return await look("codecs", work(), "Install the package again; where memory is short, lower CODEC_PROCESSES.")


async def of_walls(codecs: "CodecPool") -> Finding:
    remedy = "Run it on Linux on x86-64 or arm64, where seccomp filters are allowed to every process."
    return await look("walls", _walls(codecs), remedy)


async def _schema(database: Database) -> str:
    if missing := await pending(database):
        raise Misconfigured(f"Migrations are missing: {', '.join(missing)}.")
    return "up to date"


async def _secrets(sealing: Callable[[], Settings], database: Database) -> str:
    if await pending(database):
        return "nothing stored yet"
    settings, row = sealing(), await database.fetchrow("some_oauth_consumer")
    if row is not None:
        SecretBox(settings.secret_key, settings.secret_key_former).open(row["secret"], row["key"])
    return "SECRET_KEY opens the stored OAuth secrets" if row else "no OAuth secrets are stored"


async def _feed(database: Database) -> str:
    if await pending(database):
        return "not looked at before the schema is up to date"
    delay = await FeedWatch(database).look()
    if delay.holder is None:
        return "readers of changes are up to date"
    reported = f"{delay.holder} holds up readers of changes for {delay.seconds:.1f} s by now"
    if delay.seconds > _MOST_DELAY_SECONDS:
        raise Misconfigured(f"The {reported}.")
    return f"the {reported}"


async def _clock(database: Database, store: ObjectStore) -> str:
    skew = await skew_of(database, store)
    if skew.most > _MOST_SKEW_SECONDS:
        raise Misconfigured(f"{str(skew).capitalize()}.")
    return str(skew)


async def _originals(database: Database, store: ObjectStore) -> str:
    if await pending(database):
        return "not looked for before the schema is up to date"
    missing, looked_for = await missing_originals(database, store)
    if missing:
        named = ", ".join(missing[:_MOST_NAMED]) + (", …" if len(missing) > _MOST_NAMED else "")
        raise Misconfigured(f"{len(missing)} of {looked_for} originals looked for are not in the store: {named}.")
    return f"all {looked_for} looked for are in the store"


async def _walls(codecs: "CodecPool") -> str:
    from app.raster.child.containment import ESSENTIAL

    held = await codecs.contained()
    reported = ", ".join(name for name, holds in held.items() if holds)
    if open_ones := [name for name in ESSENTIAL if not held[name]]:
        raise Misconfigured(f"Codec children are not shut off from: {', '.join(open_ones)}. What holds: {reported}.")
    missing = ", ".join(name for name, holds in held.items() if not holds)
    return f"codec children are shut in by {reported}" + (f"; not to be had here: {missing}" if missing else "")
