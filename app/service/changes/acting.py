"""Who acts: bound once by whoever lets somebody in, known to whatever is written on his behalf."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args
from uuid import uuid4

from app.events import REQUEST_ID

ActorKind = Literal["key", "oauth", "session", "command", "system"]
Via = Literal["v1", "spree", "openmage", "console", "command", "import", "worker"]
WAYS: Final[tuple[Via, ...]] = get_args(Via)


@dataclass(frozen=True, slots=True)
class Act:
    """`name` is the actor's at that time. `batch` holds together what was one act: an import, a bulk call, an undo."""

    kind: ActorKind
    id: str | None
    name: str | None
    via: Via
    batch: str | None = None

    @property
    def columns(self) -> tuple[str | None, ...]:
        """As the statements of `sql/queries/changes.sql` take it: kind, id, name, way, request, batch."""
        return self.kind, self.id, self.name, self.via, REQUEST_ID.get(None), self.batch


_SYSTEM: Final = Act("system", None, None, "worker")
_ACTING: Final[ContextVar[Act]] = ContextVar("acting", default=_SYSTEM)


def acting() -> Act:
    """Who acts here; where nobody was let in, the service itself."""
    return _ACTING.get()


@contextmanager
def as_actor(act: Act) -> Iterator[None]:
    """What the block writes is written by this one."""
    token = _ACTING.set(act)
    try:
        yield
    finally:
        _ACTING.reset(token)


@contextmanager
def in_batch() -> Iterator[str]:
    """What the block writes belongs together: to the batch that is under way, or to one of its own, whose name it
    gives."""
    act = acting()
    batch = act.batch or uuid4().hex
    with as_actor(replace(act, batch=batch)):
        yield batch
