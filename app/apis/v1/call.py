"""An operation as data, and a request that has come as far as its function."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from aiohttp import web

from app.access.accounts import NativeRole
from app.access.secrets import SecretBox
from app.apis.previews import Previews
from app.apis.v1.errors import Mistake, Unauthenticated
from app.apis.v1.fields import Schema
from app.cache.documents import DocumentCache
from app.db.pool import Database
from app.http.origin import media_base
from app.http.ready import Guard
from app.openapi.sections import Content, Parameter, Response
from app.service.catalogue.keeping import ProductKeeper
from app.service.catalogue.search import ProductReader
from app.service.catalogue.sets import SetKeeper
from app.service.changes.acting import Act
from app.service.changes.delay import FeedWatch
from app.service.changes.history import History
from app.service.changes.long_jobs import LongJobs
from app.service.feed.events import View
from app.service.feed.follower import Follower
from app.service.feed.reader import EventReader
from app.service.flight import Slots
from app.service.galleries.undo import Undo
from app.service.galleries.undoing import LongUndo
from app.service.galleries.v1.media import MediaReader
from app.service.galleries.v1.order import GalleryOrder
from app.service.galleries.v1.pictures import PictureReader
from app.service.galleries.v1.reader import NativeReader
from app.service.galleries.v1.texts import PictureTexts
from app.service.galleries.v1.writer import NativeWriter
from app.service.pictures.waiting import Waiting
from app.service.reports.checks import CheckReader
from app.service.transfer.texts.importer import TextsImport
from app.service.upkeep.census import Census
from app.service.upkeep.diagnosis import Running
from app.service.webhooks.keeper import WebhookKeeper
from app.settings import Settings
from app.store import ObjectStore
from app.telemetry.minutes import Minutes

if TYPE_CHECKING:
    from app.apis.v1.body.source import Uploads

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
OWN: Final = "own"
"""Of a body that its operation reads itself."""
MERGE_PATCH: Final = ("application/merge-patch+json", "application/json")
MOST_JSON: Final = 1024 * 1024
"""Bytes of a body of JSON alone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a key, by its id and name, or a session of the console that a link has opened. A session that stands
    for a key is that key, come by the console."""

    id: int
    name: str
    role: NativeRole
    kind: Literal["key", "session"] = "key"
    via: Literal["v1", "console"] = "v1"

    @property
    def act(self) -> Act:
        """As the log names who acts."""
        return Act(self.kind, str(self.id), self.name, self.via)

    @property
    def scope(self) -> str:
        """What its idempotency keys, and its writes, are counted under."""
        return str(self.id) if self.kind == "key" else f"session:{self.id}"


@dataclass(frozen=True, slots=True)
class Services:
    """What operations work with."""

    settings: Settings
    database: Database
    box: SecretBox
    documents: DocumentCache
    shown: DocumentCache
    """What products show storefronts, a document a product and store view."""
    products: ProductReader
    product_keeper: ProductKeeper
    images: NativeReader
    media: MediaReader
    waiting: Waiting
    undo: Undo
    history: History
    long_jobs: LongJobs
    long_undo: LongUndo
    running: Running
    census: Census
    minutes: Minutes
    checks: Callable[[], Awaitable[Mapping[str, str]]]
    """How the parts fare that the service cannot do without, by name: `ok` or `failed`."""
    writer: NativeWriter
    order: GalleryOrder
    uploads: "Uploads"
    events: EventReader
    follower: Follower[View]
    webhooks: WebhookKeeper
    pictures: PictureReader
    picture_texts: PictureTexts
    sets: SetKeeper
    store: ObjectStore
    feed_watch: FeedWatch
    texts: TextsImport
    checker: CheckReader
    tables: Slots
    """What bounds the tables that are sent at a time."""
    previews: Mapping[str, Previews]
    """What each dialect answers, by its name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that nothing was wrong with so far. `params` are the decoded segments of its path by name; `query` and
    `body` what the row's schemas made of them; `caller` None where no key is asked for."""

    services: Services
    request: web.Request
    caller: Caller | None
    params: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    guard: Guard | None = None

    @property
    def media(self) -> str:
        """Where URLs of files begin, as this client sees them. InvalidHost."""
        return media_base(self.request, self.services.settings)

    @property
    def is_left(self) -> bool:
        """Whether the client has gone: nobody tells a handler that waits."""
        return self.request.transport is None

    async def is_let(self) -> bool:
        """Whether the caller is somebody still: an answer may take hours."""
        try:
            return self.guard is None or await self.guard(self.request)
        except Unauthenticated:
            return False


Handler: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Row:
    """`pattern` as `/docs` has it, such as `/v1/stores/{id}`; `role` None: no key is asked for. A body of JSON is one
    of `media_types` and of `most` bytes; where it is `optional` its absence counts as `{}`. `answers` are the good
    ones, the usual one first; problems are known from the rest. `path` tells more of parameters in the path than their
    name, and `example` a body that does something sensible in the demo shop."""

    method: Method
    pattern: str
    role: NativeRole | None
    handler: Handler
    summary: str
    answers: Mapping[int, Response]
    query: type[Schema] = Schema
    body: type[Schema] | Literal["own"] | None = None
    optional: bool = False
    media_types: tuple[str, ...] = ("application/json",)
    most: int = MOST_JSON
    path: tuple[Parameter, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    content: Content | None = None
    """Of a body that the operation reads itself."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Of the query's parameters."""
    names: Callable[[Services, Any], Awaitable[list[Mistake]]] | None = None
    """Finds, in the value of a body, what only the database knows to be mistaken."""
    examples: Mapping[str, str] = field(default_factory=dict)
    """Of the query's parameters, where not any value does."""
    refusals: tuple[int, ...] = ()
    """Statuses of problems that do not follow from the rest, such as 409."""
