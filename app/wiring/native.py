"""The native API, and what its operations work with."""

from collections.abc import Awaitable, Callable, Mapping

from app.apis.v1.body.source import Uploads
from app.apis.v1.call import Room
from app.apis.v1.operations import ROWS
from app.apis.v1.routes import NativeApi
from app.demo.shop import PICTURE
from app.service.upkeep.census import Census
from app.service.upkeep.diagnosis import Running
from app.wiring.parts import Parts


def native_api(parts: Parts, checks: Callable[[], Awaitable[Mapping[str, str]]]) -> NativeApi:
    """`checks` tell how the parts fare that the service needs."""
    settings, database, accounts = parts.settings, parts.storage.database, parts.access.accounts
    room = Room(
        settings,
        database,
        accounts.box,
        parts.caches.documents,
        parts.catalogue.products,
        parts.catalogue.product_keeper,
        parts.catalogue.native_images,
        parts.pictures.waiting,
        parts.catalogue.undo,
        Running(settings, database, parts.storage.store, parts.pictures.codecs, PICTURE),
        Census(database),
        parts.observer.minutes,
        checks,
        parts.catalogue.native_writer,
        parts.catalogue.gallery_order,
        Uploads(database, parts.pictures.intake, parts.observer),
    )
    return NativeApi(room, ROWS, accounts.native_key, parts.access.rate_limits, parts.access.answers)
