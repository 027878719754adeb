"""An answer that is ready to go: its head was serialised once, when its body was cached."""

import time
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple, TypeAlias

from aiohttp import HttpVersion11, Payload, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web import BaseRequest

Guard: TypeAlias = Callable[[web.Request], Awaitable[bool]]
"""Whether a request that asks for the same as one before may have the same answer. Whatever it raises or
denies, the request is answered by its API, which must then not mind that the guard has been asked."""


Claim: TypeAlias = Callable[[], None]
"""What has to be called when a request is answered that was let at once."""


class LetsAtOnce(NamedTuple):
    """From the path of another GET whose head is the same, but for its request line and for what `Authorization` says,
    and from that, to its claim; None where its guard has to be asked."""

    ask: Callable[[str, str], Claim | None]


LETS_AT_ONCE: Final = web.RequestKey("lets_at_once", LetsAtOnce)
"""Of a request that its guard has let, where that can be said of others like it."""

SLICE: Final = 128 * 1024
"""Bytes of a body that are handed to a connection at a time: what a client costs who does not take them. The next ones
are handed over once the system has taken these."""

SERVER_NAME: Final = "product-images"
"""What answers call the service, instead of the versions of what it is made with."""


def serialised(headers: Mapping[str, str]) -> bytes:
    """The lines of `headers`; raises ValueError for what would break out of its line."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return "".join(f"{line}\r\n" for line in lines).encode()


def serialised_head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and `headers`; raises ValueError as `serialised` does."""
    return _head(status, tuple(headers.items()))


@lru_cache(maxsize=256)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() + serialised(dict(headers))


_ADDED: Final = 3
"""Lines that a head has behind its headers: what serves, how long the body is, and nothing."""


class HeadersOf(Mapping[str, str]):
    """What a document's headers were, read of its head when they are asked for."""

    __slots__ = ("_head", "_headers")

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._headers: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        if self._headers is None:
            lines = self._head.decode().split("\r\n")[1:-_ADDED]
            self._headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
        return self._headers


@dataclass(frozen=True, slots=True)
class Document:
    """An answer as it goes on the wire. `family` None: it depends on addresses alone."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    family: int | None
    images: Sequence[int] = ()
    """Those that it shows, as far as that is known without its body."""
    may_be_kept: bool = True
    """Not where it changes as time goes by: nobody tells."""
    head: bytes = field(init=False, repr=False, compare=False)
    """`headers`, none of which is Server, and what belongs to every answer, serialised. Documents that are made with
    the same share them in memory, so nobody may change `headers`."""

    @classmethod
    def of_head(cls, status: int, head: bytes, body: bytes, family: int | None) -> "Document":
        """One that was made before, of its `head`: which is read only if its headers are asked for."""
        document, put = cls.__new__(cls), object.__setattr__
        put(document, "status", status)
        put(document, "headers", HeadersOf(head))
        put(document, "body", body)
        put(document, "family", family)
        put(document, "images", ())
        put(document, "may_be_kept", True)
        put(document, "head", head)
        return document

    def __post_init__(self) -> None:
        headers, head = _common(self.status, tuple(self.headers.items()), len(self.body))
        object.__setattr__(self, "headers", headers)
        object.__setattr__(self, "head", head)


@lru_cache(maxsize=1024)
def _common(status: int, headers: tuple[tuple[str, str], ...], length: int) -> tuple[dict[str, str], bytes]:
    """Headers of a document and its head: those of an API differ in their length and little else."""
    known = dict(headers)
    head = serialised_head(status, known | {hdrs.SERVER: SERVER_NAME})
    return known, head + serialised({hdrs.CONTENT_LENGTH: str(length)})


def may_be_ready(request: BaseRequest) -> bool:
    """Whether the request is of the common kind whose answer depends on nothing but its body."""
    return request.method == hdrs.METH_GET and request.keep_alive and request.version == HttpVersion11


class ReadyResponse(web.StreamResponse):
    """An answer made of bytes. What it saves, making and serialising headers, is a third of what the
    server spends on a request that is answered from memory.

    `head` is a `serialised_head` and holds Content-Length; only for requests that `may_be_ready`. Headers
    set later are sent as well. `on_response_prepare` signals do not see it. `document` and `guard` are what
    `send_document` says of them.
    """

    def __init__(self, head: bytes, body: bytes, status: int = 200) -> None:
        super().__init__(status=status)
        self.document: Hashable = None
        self.guard: Guard | None = None
        self._head = head
        self._bytes = body
        self._writer: AbstractStreamWriter | None = None

    @property
    def keep_alive(self) -> bool | None:
        return self._keep_alive is not False

    @property
    def prepared(self) -> bool:
        return self._writer is not None

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        self._writer = request.writer
        return self._writer

    async def write_eof(self, data: bytes = b"") -> None:
        if self._writer is None:
            raise RuntimeError("Cannot call write_eof() before prepare()")
        if len(self._bytes) <= SLICE:
            await self._writer.write_eof(wire(self._head, self.headers, self._bytes))
            return
        await self._writer.write(wire(self._head, self.headers, b""))
        await InSlices(self._bytes).write(self._writer)
        await self._writer.write_eof()


class InSlices(Payload):
    """A large body in memory, of which a client holds no more than a slice, and no copy."""

    _autoclose = True

    def __init__(self, body: bytes | memoryview) -> None:
        super().__init__(memoryview(body))
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return str(self._value, encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        for start in range(0, len(self._value), SLICE):
            await writer.write(self._value[start : start + SLICE])


def in_slices(response: web.StreamResponse) -> None:
    """Has a large body go out in slices, whoever made the answer."""
    if isinstance(response, web.Response) and isinstance(response.body, bytes) and len(response.body) > SLICE:
        response.body = InSlices(response.body)


def wire(head: bytes, late: Mapping[str, str], body: bytes) -> bytes:
    """An answer as it goes out; `late` are headers that come to those of `head`."""
    return b"".join((head, serialised(late) if late else b"", _date_line(int(time.time())), body))


@lru_cache(maxsize=1)
def _date_line(now: int) -> bytes:
    """The last header, and the empty line that ends the head."""
    return f"Date: {formatdate(now, usegmt=True)}\r\n\r\n".encode()
