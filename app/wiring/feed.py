"""What the log of changes tells the outside."""

from dataclasses import dataclass

from app.apis.v1.feed.documents import event_bytes
from app.service.feed.consequences import Consequences
from app.service.feed.events import View
from app.service.feed.follower import Follower
from app.service.feed.reader import EventReader
from app.settings import Settings
from app.wiring.catalogue import Catalogue
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Feed:
    reader: EventReader
    follower: Follower[View]


def feed_of(settings: Settings, storage: Storage, catalogue: Catalogue) -> Feed:
    reader = EventReader(storage.database, catalogue.native_images, Consequences(storage.database, settings))
    return Feed(reader, Follower(reader, event_bytes, settings.max_streams))
