"""What `doctor` looks at from outside, where nothing runs yet; a check that needs an earlier one is left out where that
failed."""

from contextlib import AsyncExitStack

from app.checks.loading import rule_sets
from app.commands.context import Context
from app.db.connections.sessions import check_sessions
from app.db.pool import Database
from app.demo import shop as demo
from app.errors import ProductImagesError
from app.http.origin import trusted_networks
from app.service.foreign.addresses import allowed_network
from app.service.upkeep.diagnosis import (
    Finding,
    database_remedy,
    described,
    failed,
    look,
    of_both,
    of_catalogue,
    of_codecs,
    of_replica,
    of_walls,
    store_remedy,
    tried,
    version_of,
)
from app.settings import Settings
from app.store import ObjectStore, open_store


async def diagnose(context: Context) -> list[Finding]:
    """One finding per check, in the order in which they build on one another."""
    found = [await look("settings", _settings(context), "Correct the variable; the README lists all of them.")]
    if not found[0].ok:
        return found
    settings = context.settings
    async with AsyncExitStack() as stack:
        database, opened = await _open(context, stack)
        found.append(opened)
        if database is not None:
            found += await of_replica(settings, database)
            found += await of_catalogue(lambda: context.service_settings, database)
        store, opened = await _open_store(settings, stack)
        found.append(opened)
        if database is not None and store is not None:
            found += await of_both(database, store)
    return [*found, *await _of_children(settings)]


async def _settings(context: Context) -> str:
    settings = context.settings
    trusted_networks(settings.trusted_proxies)
    for network in settings.fetch_allowed_networks:
        allowed_network(network)
    rule_sets(settings.checks_dir)
    return described(settings)


async def _open(context: Context, stack: AsyncExitStack) -> tuple[Database | None, Finding]:
    try:
        # An outside database is only looked at; the embedded one is ours to bring up to date at every start.
        postgres = context.migrated() if context.settings.embedded else context.postgres()
        dsn = await stack.enter_async_context(postgres)
        await check_sessions(dsn)
        database = await stack.enter_async_context(Database(dsn, size=1))
        return database, Finding("database", True, await version_of(database))
    except ProductImagesError as error:
        return None, failed("database", error, database_remedy(context.settings))


async def _open_store(settings: Settings, stack: AsyncExitStack) -> tuple[ObjectStore | None, Finding]:
    try:
        store = await stack.enter_async_context(open_store(settings))
        return store, Finding("store", True, await tried(store))
    except ProductImagesError as error:
        return None, failed("store", error, store_remedy(settings))


async def _of_children(settings: Settings) -> list[Finding]:
    from app.raster.child.pool import CodecPool  # the codecs take longest to import

    codecs = CodecPool(settings)
    try:
        return [await of_codecs(codecs, demo.PICTURE), await of_walls(codecs)]
    finally:
        await codecs.close()
