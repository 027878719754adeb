"""A text that is taken out of a body on its way, decoded, and put where there is room for it."""

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar


class Sink(Protocol):
    """Where decoded bytes go."""

    async def write(self, data: bytes) -> None: ...

    async def restart(self) -> None:
        """Forgets what was written: the text came a second time, and the last one counts."""


SinkT = TypeVar("SinkT", bound=Sink)
OpenSink = Callable[[], Awaitable[SinkT]]
"""Opens the sink; called once, and only if there is something to write."""


class Taker(Protocol):
    """Takes a text from a body's reader, piece by piece."""

    @property
    def bad(self) -> bool:
        """Whether the text can no longer be decoded."""
        ...

    @property
    def undecided(self) -> int:
        """Most characters that may not have been decoded yet."""
        ...

    def start(self) -> None:
        """A text begins, which makes any former one void."""

    def text(self, piece: bytes) -> None: ...


class Decoded(Protocol):
    restarted: bool

    def take(self) -> bytes:
        """The bytes decoded since the last call."""
        ...


class Diversion(Generic[SinkT]):
    """Moves what was decoded into a sink, between two pieces of the body."""

    def __init__(self, text: Decoded, open_sink: OpenSink[SinkT]) -> None:
        self._text = text
        self._open = open_sink
        self.sink: SinkT | None = None

    async def flush(self) -> None:
        data = self._text.take()
        if self._text.restarted and self.sink is not None:
            await self.sink.restart()
        self._text.restarted = False
        if data:
            self.sink = self.sink or await self._open()
            await self.sink.write(data)
