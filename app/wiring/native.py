"""The native API, and what its operations work with."""

from collections.abc import Awaitable, Callable, Mapping

from app.apis.previews import Previews
from app.apis.v1.auth import Callers
from app.apis.v1.body.source import Uploads
from app.apis.v1.call import Services
from app.apis.v1.operations import ROWS
from app.apis.v1.routes import NativeApi
from app.checks.loading import rule_sets
from app.demo.shop import PICTURE
from app.service.changes.delay import FeedWatch
from app.service.changes.long_jobs import LongJobs
from app.service.foreign.fetch import Fetcher
from app.service.reports.checks import CheckReader
from app.service.transfer.texts.importer import TextsImport
from app.service.upkeep.census import Census
from app.service.upkeep.diagnosis import Running
from app.wiring.parts import Parts


def native_api(
    parts: Parts, checks: Callable[[], Awaitable[Mapping[str, str]]], previews: Mapping[str, Previews]
) -> NativeApi:
    """`checks` tell how the parts fare that the service needs, `previews` what each dialect answers."""
    settings, database, accounts = parts.settings, parts.storage.database, parts.access.accounts
    services = Services(
        settings,
        database,
        accounts.box,
        parts.caches.documents,
        parts.caches.shown,
        parts.catalogue.products,
        parts.catalogue.product_keeper,
        parts.catalogue.native_images,
        parts.catalogue.media,
        parts.pictures.waiting,
        parts.catalogue.undo,
        parts.catalogue.history,
        LongJobs(database),
        parts.catalogue.long_undo,
        Running(settings, database, parts.storage.store, parts.pictures.codecs, PICTURE),
        Census(database),
        parts.observer.minutes,
        checks,
        parts.catalogue.native_writer,
        parts.catalogue.gallery_order,
        Uploads(database, parts.pictures.intake, parts.observer, Fetcher(settings) if settings.fetch_urls else None),
        parts.feed.reader,
        parts.feed.follower,
        parts.webhooks.keeper,
        pictures=parts.catalogue.picture_reader,
        picture_texts=parts.catalogue.picture_texts,
        sets=parts.catalogue.sets,
        store=parts.storage.store,
        feed_watch=FeedWatch(database),
        texts=TextsImport(database, parts.caches.drop),
        checker=CheckReader(database, rule_sets(settings.checks_dir)),
        tables=parts.tables,
        previews=previews,
    )
    callers = Callers(accounts.native_key, parts.access.sessions.find)
    return NativeApi(services, ROWS, callers, parts.access.rate_limits, parts.access.answers)
