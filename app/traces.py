"""To which trace a request, a job or a delivery belongs, as W3C Trace Context tells it, and who records it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

TRACEPARENT: Final = "traceparent"
_FORM: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.ASCII,
)
_SAMPLED: Final = 1

Kind: TypeAlias = Literal["server", "consumer", "client"]
Note: TypeAlias = Callable[[str, str | int], None]
"""Puts an attribute down, by its name."""


class Trace(NamedTuple):
    """The trace, and whose doing is the cause of what is done now: digits in hex, as a header has them."""

    trace_id: str
    span_id: str
    is_sampled: bool

    @property
    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02x}"


TRACE: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)
"""In which things happen; log lines, jobs, changes and webhooks name it."""


def trace_of(headers: Sequence[str]) -> Trace | None:
    """The trace that a `traceparent` names; None for none, for several, and for what is no such header."""
    found = _FORM.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return Trace(found["trace"], found["span"], bool(int(found["flags"], 16) & _SAMPLED))


def carried() -> dict[str, str]:
    """The header that tells others of it; none outside of a trace."""
    trace = TRACE.get()
    return {} if trace is None else {TRACEPARENT: trace.header}


class Spans(Protocol):
    """Records what is done, or does not."""

    def span(self, name: str, kind: Kind, parent: Trace | None) -> AbstractContextManager[Note]:
        """Around what is done because of `parent`; `TRACE` is its own meanwhile."""

    async def close(self) -> None:
        """Hands over what is recorded."""


class Unrecorded:
    """Passes a trace on."""

    @contextmanager
    def span(self, _name: str, _kind: Kind, parent: Trace | None) -> Iterator[Note]:
        with within(parent):
            yield _nothing

    async def close(self) -> None:
        """There is nothing to be handed over."""


@contextmanager
def within(trace: Trace | None) -> Iterator[None]:
    """What happens in the block belongs to `trace`."""
    token = TRACE.set(trace)
    try:
        yield
    finally:
        TRACE.reset(token)


def _nothing(_name: str, _value: str | int) -> None:
    """Nobody asks."""
