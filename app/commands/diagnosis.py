"""What `doctor` looks at; a check that needs an earlier one is left out where that failed."""

from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Final

from app.access.secret_key import SHORTEST, is_short
from app.commands.context import Context, sentence
from app.db.connections.sessions import check_sessions
from app.db.migrate import pending
from app.db.pool import Database
from app.demo import shop as demo
from app.errors import Misconfigured, ProductImagesError
from app.http.origin import trusted_networks
from app.raster.child.containment import ESSENTIAL
from app.service.foreign.addresses import allowed_network
from app.service.pictures.original import missing_originals
from app.service.upkeep.clocks import skew_of
from app.settings import Settings, options
from app.store import ObjectStore, open_store

_OLDEST_POSTGRES: Final = 150000
_MOST_SKEW_SECONDS: Final = 5.0
_EMBEDDED_REMEDY: Final = "Read postgres.log in DATA_DIR; restore the data directory from a backup or move it away."
_OUTSIDE_REMEDY: Final = "Check DATABASE_URL, and that Postgres 15 or newer runs there and lets this machine in."
_SHORT_REMEDY: Final = (
    f"Set a new SECRET_KEY of {SHORTEST} random characters or more and the present one as SECRET_KEY_FORMER, restart "
    "all processes, then run `product-images oauth reseal`."
)
_CODECS_REMEDY: Final = "Install the package again; where memory is short, lower CODEC_PROCESSES."
_ORIGINALS_REMEDY: Final = "Run `product-images blobs verify --repair DIR`, where DIR holds a backup's files."
_MOST_NAMED: Final = 5
_WALLS_REMEDY: Final = "Run it on Linux on x86-64 or arm64, where seccomp filters are allowed to every process."
_REMEDIES: Final = {
    "keeps no sessions": "Name Postgres itself in DATABASE_URL, or set pool_mode=session for it in PgBouncer.",
    "unsupported startup parameter": "Take that parameter out of DATABASE_URL, or let PgBouncer ignore it "
    "(ignore_startup_parameters).",
    "no S3_BUCKET": "Set S3_BUCKET to keep files there; unset S3_ENDPOINT_URL to keep them below DATA_DIR.",
    "proxy": "Unset HTTP_PROXY and HTTPS_PROXY for this service, or name the store's host in NO_PROXY.",
}
"""By words that stand in an error's sentence."""
_LIMIT_WORDS: Final = ("max_", "codec_", "cache_bytes", "_seconds", "concurrency", "pool_size", "recipe_")


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is None where nothing is wrong."""

    name: str
    ok: bool
    detail: str
    remedy: str | None = None


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


async def diagnose(context: Context) -> list[Finding]:
    """One finding per check, in the order in which they build on one another."""
    found = [await _look("settings", _settings(context), "Correct the variable; the README lists all of them.")]
    if not found[0].ok:
        return found
    settings = context.settings
    async with AsyncExitStack() as stack:
        database, opened = await _open(context, stack)
        found.append(opened)
        if database is not None:
            found.append(await _look("schema", _schema(database), "Run `product-images migrate`."))
            secrets = await _look("secrets", _secrets(context, database), "Set SECRET_KEY to the value it had.")
            found.append(_warned(secrets, context))
        store, opened = await _open_store(settings, stack)
        found.append(opened)
        if database is not None and store is not None:
            found.append(await _look("clock", _clock(database, store), "Let all machines follow a time server (NTP)."))
            found.append(await _look("originals", _originals(database, store), _ORIGINALS_REMEDY))
    found.append(await _look("codecs", _codecs(settings), _CODECS_REMEDY))
    found.append(await _look("walls", _walls(settings), _WALLS_REMEDY))
    return found


async def _open(context: Context, stack: AsyncExitStack) -> tuple[Database | None, Finding]:
    remedy = _EMBEDDED_REMEDY if context.settings.embedded else _OUTSIDE_REMEDY
    try:
        # An outside database is only looked at; the embedded one is ours to bring up to date at every start.
        postgres = context.migrated() if context.settings.embedded else context.postgres()
        dsn = await stack.enter_async_context(postgres)
        await check_sessions(dsn)
        database = await stack.enter_async_context(Database(dsn, size=1))
        return database, Finding("database", True, await _version(database))
    except ProductImagesError as error:
        return None, Finding("database", False, sentence(error), _remedy(error, remedy))


async def _look(name: str, check: Awaitable[str], remedy: str) -> Finding:
    try:
        return Finding(name, True, await check)
    except ProductImagesError as error:
        return Finding(name, False, sentence(error), _remedy(error, remedy))


def _remedy(error: ProductImagesError, usual: str) -> str:
    """What helps against this very error, where its text gives that away."""
    return next((remedy for words, remedy in _REMEDIES.items() if words in sentence(error)), usual)


async def _settings(context: Context) -> str:
    settings = context.settings
    trusted_networks(settings.trusted_proxies)
    for network in settings.fetch_allowed_networks:
        allowed_network(network)
    database = "the embedded Postgres" if settings.embedded else "the Postgres of DATABASE_URL"
    objects = f"the bucket {settings.s3_bucket}" if settings.s3_bucket else "the file store"
    return f"{database} and {objects}, data below {settings.data_dir.resolve()}"


async def _version(database: Database) -> str:
    row = await database.fetchrow("server_version")
    assert row is not None
    if row["number"] < _OLDEST_POSTGRES:
        raise Misconfigured(f"Postgres {row['version']} is too old: 15 is the oldest that works.")
    return f"Postgres {row['version']}"


async def _schema(database: Database) -> str:
    if missing := await pending(database):
        raise Misconfigured(f"Migrations are missing: {', '.join(missing)}.")
    return "up to date"


async def _secrets(context: Context, database: Database) -> str:
    if await pending(database):
        return "nothing stored yet"
    box, row = context.secret_box(), await database.fetchrow("some_oauth_consumer")
    if row is not None:
        box.open(row["secret"], row["key"])
    return "SECRET_KEY opens the stored OAuth secrets" if row else "no OAuth secrets are stored"


def _warned(finding: Finding, context: Context) -> Finding:
    """A key that is too short goes on opening what it has sealed."""
    if not finding.ok or not is_short(context.service_settings):
        return finding
    return replace(finding, detail=f"{finding.detail}, but it is short enough to be guessed", remedy=_SHORT_REMEDY)


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


async def _open_store(settings: Settings, stack: AsyncExitStack) -> tuple[ObjectStore | None, Finding]:
    try:
        store = await stack.enter_async_context(open_store(settings))
        await store.check()
        return store, Finding("store", True, "a small object was written, read and deleted")
    except ProductImagesError as error:
        return None, Finding("store", False, sentence(error), _remedy(error, _store_remedy(settings)))


def _store_remedy(settings: Settings) -> str:
    if settings.s3_bucket:
        return "Check S3_BUCKET, S3_ENDPOINT_URL, the AWS_* credentials, and that the bucket exists and is writable."
    return f"Make {settings.data_dir.resolve()} writable for this user, with room on its disk."


async def _walls(settings: Settings) -> str:
    from app.raster.child.pool import CodecPool

    codecs = CodecPool(settings)
    try:
        held = await codecs.contained()
    finally:
        await codecs.close()
    told = ", ".join(name for name, holds in held.items() if holds)
    open_ones = [name for name in ESSENTIAL if not held[name]]
    if open_ones:
        raise Misconfigured(f"Codec children are not shut off from: {', '.join(open_ones)}. What holds: {told}.")
    missing = ", ".join(name for name, holds in held.items() if not holds)
    return f"codec children are shut in by {told}" + (f"; not to be had here: {missing}" if missing else "")


async def _codecs(settings: Settings) -> str:
    from app.raster.child.pool import CodecPool  # the codecs take longest to import

    codecs = CodecPool(settings)
    try:
        await codecs.inspect(demo.PICTURE)
        return ", ".join(f"{name} {version}" for name, version in codecs.describe().items())
    finally:
        await codecs.close()
