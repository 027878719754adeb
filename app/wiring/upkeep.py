"""What keeps the house clean."""

from dataclasses import dataclass
from datetime import timedelta

from app.events import Observe
from app.service.upkeep.purge import Purge
from app.service.upkeep.recipe_change import RecipeChange
from app.service.upkeep.sweeps import Housekeeping
from app.service.upkeep.unused_renditions import UnusedRenditions
from app.service.upkeep.verify import Verify
from app.settings import Settings
from app.wiring.catalogue import Catalogue
from app.wiring.pictures import Pictures
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Upkeep:
    housekeeping: Housekeeping
    verify: Verify
    recipe_change: RecipeChange
    unused_renditions: UnusedRenditions
    purge: Purge


def upkeep_of(
    settings: Settings, storage: Storage, pictures: Pictures, catalogue: Catalogue, observe: Observe
) -> Upkeep:
    database, store = storage.database, storage.store
    return Upkeep(
        Housekeeping(database, store, timedelta(days=settings.restore_days)),
        Verify(database, store),
        RecipeChange(settings, database, store, pictures.codecs),
        UnusedRenditions(settings, database, store),
        Purge(database, store, catalogue.image_remover, observe),
    )
