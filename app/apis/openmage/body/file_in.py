"""The field `file_content`: base64 on its way from a body's reader to the place where uploads wait."""

from collections.abc import Awaitable, Callable
from typing import Final, Generic, Literal, Protocol, TypeVar

from app.apis.php.base64_text import Base64Decoder

MAX_REST: Final = 64 * 1024
"""Most bytes of a body besides the image, which is all that is held of it."""

FileState = Literal["absent", "empty", "not base64", "decoded"]


class Sink(Protocol):
    """Where decoded bytes go."""

    async def write(self, data: bytes) -> None: ...

    async def restart(self) -> None:
        """Forgets what was written: the field came a second time, and the last one counts."""


SinkT = TypeVar("SinkT", bound=Sink)
OpenSink = Callable[[], Awaitable[SinkT]]
"""Opens the sink; called once, and only if there is something to write."""


class FileText:
    """Takes the field's text from a reader, piece by piece, and decodes it."""

    def __init__(self) -> None:
        self.restarted = False
        self.start()

    @property
    def bad(self) -> bool:
        """Whether the text cannot be base64 any more."""
        return self._decoder.bad

    def start(self) -> None:
        """A value begins, which makes any former one void."""
        self.restarted = True
        self._decoder = Base64Decoder()
        self._decoded: list[bytes] = []
        self._first_text = b""
        self._first_bytes = b""

    def text(self, piece: bytes) -> None:
        self._first_text = (self._first_text + piece[:2])[:2]
        self._take(self._decoder.feed(piece))

    def finish(self) -> FileState:
        """What the last value was; afterwards `take` gives its last bytes."""
        self._take(self._decoder.finish())
        if self._first_text in (b"", b"0"):
            return "empty"
        if self._decoder.bad or self._first_bytes in (b"", b"0"):
            return "not base64"
        return "decoded"

    def take(self) -> bytes:
        """The bytes decoded since the last call."""
        taken, self._decoded = b"".join(self._decoded), []
        return taken

    def _take(self, decoded: bytes) -> None:
        if decoded:
            self._first_bytes = (self._first_bytes + decoded[:2])[:2]
            self._decoded.append(decoded)


class Diversion(Generic[SinkT]):
    """Moves what a `FileText` has decoded into a sink, between two pieces of the body."""

    def __init__(self, text: FileText, open_sink: OpenSink[SinkT]) -> None:
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
