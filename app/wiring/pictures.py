"""What takes pictures in, and makes renditions of them."""

from dataclasses import dataclass

from app.events import Observe
from app.raster.child.pool import CodecPool
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Intake
from app.service.pictures.waiting import Waiting
from app.service.renditions.render import Renderer
from app.settings import Settings
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Pictures:
    codecs: CodecPool
    intake: Intake
    filing: Filing
    renderer: Renderer
    waiting: Waiting


def pictures_of(settings: Settings, storage: Storage, observe: Observe) -> Pictures:
    codecs = CodecPool(settings, observe)
    return Pictures(
        codecs,
        Intake(settings, storage.database, storage.store, codecs),
        Filing(settings),
        Renderer(settings, storage.database, storage.store, codecs, observe),
        Waiting(storage.database, settings.max_waiters),
    )
