"""An operation as data, and a request that has come as far as its function."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from aiohttp import web

from app.access.accounts import NativeRole
from app.access.secrets import SecretBox
from app.apis.v1.errors import Mistake
from app.apis.v1.fields import Schema
from app.cache.documents import DocumentCache
from app.db.pool import Database
from app.openapi.sections import Content, Parameter, Response
from app.service.catalogue.keeping import ProductKeeper
from app.service.catalogue.search import ProductReader
from app.service.galleries.undo import Undo
from app.service.galleries.v1.order import GalleryOrder
from app.service.galleries.v1.reader import NativeReader
from app.service.galleries.v1.writer import NativeWriter
from app.service.pictures.waiting import Waiting
from app.service.upkeep.census import Census
from app.service.upkeep.diagnosis import Running
from app.settings import Settings
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
    """Who calls: a key, by its id and name."""

    id: int
    name: str
    role: NativeRole


@dataclass(frozen=True, slots=True)
class Room:
    """What operations work with."""

    settings: Settings
    database: Database
    box: SecretBox
    documents: DocumentCache
    products: ProductReader
    product_keeper: ProductKeeper
    images: NativeReader
    waiting: Waiting
    undo: Undo
    running: Running
    census: Census
    minutes: Minutes
    checks: Callable[[], Awaitable[Mapping[str, str]]]
    """How the parts fare that the service cannot do without, by name: `ok` or `failed`."""
    writer: NativeWriter
    order: GalleryOrder
    uploads: "Uploads"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that nothing was wrong with so far. `params` are the decoded segments of its path by name; `query` and
    `body` what the row's schemas made of them; `caller` None where no key is asked for."""

    room: Room
    request: web.Request
    caller: Caller | None
    params: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]


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
    names: Callable[[Room, Any], Awaitable[list[Mistake]]] | None = None
    """Finds, in the value of a body, what only the database knows to be mistaken."""
    refusals: tuple[int, ...] = ()
    """Statuses of problems that do not follow from the rest, such as 409."""
