"""Who is told of events, and the runner that tells them."""

from dataclasses import dataclass
from functools import partial

from app.access.secrets import SecretBox
from app.apis.v1.feed.documents import event_bytes
from app.events import Observe
from app.service.feed.events import View
from app.service.feed.views import hosts_of
from app.service.webhooks.courier import Courier
from app.service.webhooks.keeper import Present, WebhookKeeper
from app.settings import Settings
from app.traces import Spans
from app.wiring.feed import Feed
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Webhooks:
    keeper: WebhookKeeper
    courier: Courier


def webhooks_of(
    settings: Settings, storage: Storage, feed: Feed, box: SecretBox, observe: Observe, spans: Spans
) -> Webhooks:
    database, present = storage.database, presented(settings)
    return Webhooks(
        WebhookKeeper(settings, database, box, feed.reader, present),
        Courier(settings, database, box, feed.reader, present, observe, spans=spans),
    )


def presented(settings: Settings) -> Present:
    """What is sent of an event, as it is seen where there is no request to tell the service's address."""
    media = settings.media_url or settings.own_url
    return partial(event_bytes, view=View(media, hosts_of(settings, media, settings.own_url)))
