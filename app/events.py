"""Everything worth telling the outside, as plain facts. `Observe` is how any part tells one."""

import random
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from app.model import BlobHash

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id")
"""The request in whose course things happen; every log line names it."""

Cause = Literal["job", "demand"]
Refusal = Literal["malformed", "too_long", "too_slow", "too_many", "not_read", "gave_way", "version"]


class RequestServed(NamedTuple):
    """`route` is the pattern of the route, never the path, so that its values stay few.

    A tuple, unlike the other events, since one is made for every request: it costs half as much.
    """

    api: str
    route: str
    method: str
    status: int
    seconds: float


class RequestsServed(NamedTuple):
    """Requests that were answered one right after the other, and differ in their seconds alone: telling of each would
    cost as much as answering it."""

    api: str
    route: str
    method: str
    status: int
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A request met an error that nobody foresaw."""

    api: str
    route: str
    error: BaseException


@dataclass(frozen=True, slots=True)
class RequestTurnedAway:
    """A request met something that is away or busy, for the reason given."""

    api: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Somebody connected and sent no request that could be read, or did not read what he was sent; or there were too
    many, and he, or one who was idle, had to go."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class SignatureRefused:
    """A request was signed wrongly, the first one of a consumer with this problem for a while. `url` is the one that
    its signature was compared with, without the values of its query."""

    consumer: str
    problem: str
    method: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class SignaturesFollowed:
    """So many more requests of this consumer had the same problem since."""

    consumer: str
    problem: str
    count: int


@dataclass(frozen=True, slots=True)
class TransferBroken:
    """A body that had begun to go out could not be sent to its end."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class UploadAccepted:
    api: str
    size: int
    """In bytes."""
    seconds: float


@dataclass(frozen=True, slots=True)
class UploadRejected:
    """`why` is the name of the error's class, `format` what the first bytes look like, `size` in bytes as far as it
    was received; where a limit is exceeded, its setting, what that allows and what was measured. No names."""

    api: str
    why: str
    format: str = "unknown"
    size: int = 0
    limit: str = ""
    allowed: int = 0
    measured: int = 0


@dataclass(frozen=True, slots=True)
class RenditionBuilt:
    """`cause`: by the background task, or since somebody asked for it first."""

    recipe: str
    format: str
    size: int
    """In bytes."""
    pixels: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class CodecTaskDone:
    """A child process did its share; `pixels` over all frames of the image that it decoded."""

    task: str
    pixels: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CodecChildLost:
    """A child process ended in the middle of an image, and another one takes its place."""

    why: Literal["timeout", "crash", "pool"]
    reason: str


@dataclass(frozen=True, slots=True)
class JobDone:
    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class JobFailed:
    """`final` if it will not be tried again. `subject` is the job's payload in hex: of renditions, the blob's hash."""

    kind: str
    reason: str
    final: bool
    subject: str = ""


class DeliveryTried(NamedTuple):
    """An event was sent to a webhook; `failure` says why it was not taken, empty where it was."""

    webhook: int
    failure: str
    seconds: float


class StatementDone(NamedTuple):
    """The database answered a statement; `failure` is the name of the error's class, empty where there was none."""

    query: str
    seconds: float
    failure: str


class ConnectionAwaited(NamedTuple):
    """Somebody had to wait for a connection to the database, because none was idle."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ConnectionGivenUp:
    """Nothing came back on a connection to the database for so many seconds. `whose`: of the pool, of the worker…"""

    whose: str
    seconds: float


class ReplicaTried(NamedTuple):
    """What became of a read that a replica may answer: `read` there, or by the primary, because it was `behind`, it was
    `unsure` how far it had to be, it was `away`, all connections to it were `busy`, or the statement `failed`."""

    outcome: Literal["read", "behind", "unsure", "away", "busy", "failed"]


class StoreCalled(NamedTuple):
    """The object store answered; `failure` as in `StatementDone`."""

    operation: str
    seconds: float
    failure: str


class LoopLagged(NamedTuple):
    """How much later than asked the event loop came round; told several times a second."""

    seconds: float


@dataclass(frozen=True, slots=True)
class BlobPurged:
    blob: BlobHash


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """Something that the service needs does not answer."""

    name: str
    reason: str


Event = (
    RequestServed
    | RequestsServed
    | RequestFailed
    | RequestTurnedAway
    | RequestRefused
    | SignatureRefused
    | SignaturesFollowed
    | TransferBroken
    | UploadAccepted
    | UploadRejected
    | RenditionBuilt
    | CodecTaskDone
    | CodecChildLost
    | JobDone
    | JobFailed
    | DeliveryTried
    | StatementDone
    | ConnectionAwaited
    | ConnectionGivenUp
    | ReplicaTried
    | StoreCalled
    | LoopLagged
    | BlobPurged
    | CheckFailed
)
Observe = Callable[[Event], None]


def new_request_id() -> str:
    """For who brings none."""
    return f"{random.getrandbits(64):016x}"


def nobody(_: Event) -> None:
    """Hears everything and tells nobody: for tools that run for a moment."""
