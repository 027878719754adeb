"""What is answered in front of the parser is what the application would answer, and leaves connections as it would."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.events import REQUEST_ID, RequestServed, RequestsServed
from app.http.appkeys import OBSERVER
from app.http.drain import DRAIN
from app.server.connections import Connections
from app.server.plain_reads import Head, PlainReads
from app.server.runner import Runner
from app.settings import Settings
from app.wiring.application import build_app
from tests.conftest import fresh_database
from tests.e2e.conftest import SECRET_KEY, provision
from tests.e2e.recorded_heads import RECORDED
from tests.lengths import by_length

TARGETS: Final = [
    "/abstract-products/dress/abstract-product-image-sets",
    "/abstract-products/DRESS?include=abstract-product-image-sets",
    "/concrete-products/dress-red/concrete-product-image-sets",
    "/abstract-products/unknown",
    "/api/rest/products/8/images",
    "/api/products/a-dress/images",
    "/v1/images/1",
    "/",
    "/media/nothing.jpg",
]
ODD_TARGETS: Final = [
    "http://other.example/abstract-products/dress/abstract-product-image-sets",
    "//abstract-products/dress",
    "/abstract-products/dr%65ss/abstract-product-image-sets",
    "/abstract-products/dress/abstract-product-image-sets#part",
    "/abstract-products/dress /x",
    "/abstract-products/\x7f",
    "/abstract-products/dr\u00e9ss",
    "*",
    "",
    "/" + "a" * 1100,
    "/" + "a" * 9000,
]
ODD_LINES: Final = [
    "Accept: application/json",
    "accept:text/xml",
    "Accept-Language:   de  ",
    "X-Folded: a\r\n b",
    "Accept : */*",
    "Host: other.example",
    "Host: not a host",
    "Content-Length: 0",
    "Content-Length: 4",
    "content-length : 4",
    "Transfer-Encoding: chunked",
    "Upgrade: websocket\r\nConnection: Upgrade",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: keep-alive, x",
    "Authorization: Bearer a",
    "Authorization: OAuth broken",
    "X-Spree-Token: {key}",
    "If-None-Match: *",
    "Range: bytes=0-1",
    "X-Bare: a\nX-Other: b",
    "X-Return: a\rb",
    "X-Null: \0",
    "No colon",
    ": empty",
    "X-Latin: \u00e9",
    "X-Long: " + "a" * 2100,
    "X-Longest: " + "a" * 9000,
]
_CHANGING: Final = re.compile(rb"(?im)^(?:date|x-request-id|x-runtime): .*\r$")
_PATIENCE: Final = by_length(20.0, 600.0)
_ROUNDS: Final = 10
"""Of the loop, in which nothing goes on, until all is said."""


class Wire(asyncio.Transport):
    """A connection of which the test is the other end; it takes everything at once. Whenever something is written, it
    has `hear` called before anything else that happens in the loop from then on."""

    def __init__(self, hear: Callable[[], None] = lambda: None) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)})
        self.sent = b""
        self.ended = False
        self._hear = hear

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += b"" if self.ended else bytes(data)
        asyncio.get_running_loop().call_soon(self._hear)

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.ended

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """All is taken."""

    def pause_reading(self) -> None:
        """What the test sends is there already."""

    def resume_reading(self) -> None:
        """What the test sends is there already."""


class Seen(NamedTuple):
    """All bytes that came but times and ids; and how the connection was left."""

    came: bytes
    ended: bool
    keeps: bool
    requests: int
    timed: bool


@dataclass
class Service:
    runner: Runner
    served: Counter[tuple[object, ...]] = field(default_factory=Counter)
    in_front: int = 0

    @property
    def connections(self) -> Connections:
        assert isinstance(self.runner.server, Connections)
        return self.runner.server

    def watch(self) -> None:
        """Counts what is told of requests, and what is answered in front."""
        reads = self.connections.reads
        if reads is None:
            return
        answer = reads._answer

        def counting(*asked: Any) -> bytes | None:
            found = answer(*asked)
            self.in_front += found is not None
            return found

        reads._answer = counting  # type: ignore[method-assign]

    async def talk(self, pieces: Sequence[tuple[bytes, bool]], *, near: bool = False) -> Seen:
        """Each piece comes at once behind the one before, or when that was dealt with. Where the client is `near`, the
        next one comes as soon as something was written, before the connection has come round to waiting for it."""
        left, connection = deque(pieces), self.connections()

        def go_on() -> bool:
            piece, waits = left.popleft()
            connection.data_received(piece)
            return waits

        wire = Wire(lambda: go_on() if near and left and not wire.ended else None)
        connection.connection_made(wire)
        await asyncio.sleep(0)
        while left and not wire.ended:
            if go_on() or near:
                await self._settled(connection, wire)
        await self._settled(connection, wire)
        state = connection._keepalive, connection._request_count, connection._keepalive_handle is not None
        ended = wire.ended or connection._close
        connection.connection_lost(None)
        await asyncio.sleep(0)
        return Seen(_CHANGING.sub(b"", wire.sent), ended, *state)

    async def _settled(self, connection: Any, wire: Wire) -> None:
        """Until it waits for another request, or for the rest of a body, or has ended, and nothing is said any more."""
        idle, sent = 0, b""
        async with asyncio.timeout(_PATIENCE):
            while not wire.ended and connection._task_handler is not None and idle < _ROUNDS:
                waiter, request = connection._waiter, connection._current_request
                waits = waiter is not None and not waiter.done() and not connection._messages
                reads = request is not None and getattr(request._payload, "_waiter", None) is not None
                lingers = waiter is None and request is None and not connection._request_in_progress
                idle = idle + 1 if wire.sent == sent and (waits or reads or lingers) else 0
                sent = wire.sent
                await asyncio.sleep(0)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """Of these tests alone, for hypothesis asks within it again and again."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def services(
    loop: asyncio.Runner, cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Service, str]]:
    """One that answers in front of the parser, one that does not, both of the same shop; and its key."""
    stack = AsyncExitStack()
    yield loop.run(_started(stack, cluster, template, tmp_path_factory.mktemp("plain")))
    loop.run(stack.aclose())


async def _started(
    stack: AsyncExitStack, cluster: Cluster, template: str, folder: Path
) -> tuple[Service, Service, str]:
    dsn = await stack.enter_async_context(fresh_database(cluster, template))
    async with Database(dsn) as database:
        _, key = await provision(database)
    services = []
    for fast_path in (True, False):
        own = Settings(
            data_dir=folder,
            database_url=dsn,
            secret_key=SECRET_KEY,
            codec_processes=1,
            run_worker=False,
            fast_path=fast_path,
        )
        runner = Runner(build_app(own, dsn))
        runner.drain_seconds = 0
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        services.append(Service(runner))
        services[-1].watch()
    await _knowing(services[0], USUAL)
    return services[0], services[1], key


def request(
    target: str, lines: Sequence[str], method: str = "GET", version: str = "HTTP/1.1", body: bytes = b""
) -> bytes:
    head = "\r\n".join((f"{method} {target} {version}", *lines, "", ""))
    return head.encode() + body


def heads() -> st.SearchStrategy[tuple[str, ...]]:
    recorded = st.sampled_from(list(RECORDED.values()))
    odd = st.tuples(recorded, st.lists(st.sampled_from(ODD_LINES), max_size=2)).map(lambda made: (*made[0], *made[1]))
    return st.one_of(recorded, recorded, odd, st.just(()))


def requests() -> st.SearchStrategy[bytes]:
    plain = st.builds(request, st.sampled_from(TARGETS), heads())
    odd = st.builds(
        request,
        st.sampled_from(TARGETS + ODD_TARGETS),
        heads(),
        st.sampled_from(["GET", "GET", "HEAD", "POST", "OPTIONS", "get", "G\0T"]),
        st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", ""]),
        st.sampled_from([b"", b"", b"abcd", b"4\r\nabcd\r\n0\r\n\r\n", b"\r\n", b"GET / HTTP/1.1\r\n"]),
    )
    return st.one_of(plain, plain, odd)


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[bytes, bool]]:
    """Requests one by one, several in a piece, or in pieces; some of them again, since only then they are known."""
    asked = draw(st.lists(requests(), min_size=1, max_size=4))
    again = draw(st.lists(st.sampled_from(asked), max_size=4))
    whole = asked + again
    shape = draw(st.sampled_from(["one by one", "one by one", "at once", "in pairs", "cut", "begun"]))
    if shape == "one by one":
        return [(one, draw(st.booleans()) or draw(st.booleans())) for one in whole]
    if shape == "in pairs":
        return [(asked[0] + asked[-1], draw(st.booleans()))] * 3
    if shape == "begun":
        begun = draw(requests())
        return [*((one, True) for one in whole), (begun[: draw(st.integers(1, len(begun)))], True), (whole[0], True)]
    text = b"".join(whole)
    if shape == "at once":
        return [(text, True)]
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [(text[a:b], draw(st.booleans())) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if a < b]


USUAL: Final = [(request(TARGETS[0], RECORDED["curl"]), True)] * 3


NEVER_KNOWN: Final = {"java", "crawler", "traced", "closing", "go", "okhttp"}
"""They upgrade, ask whether it was modified, tell an id, close, or name no format, which is refused."""
WITH_BODY: Final = request(TARGETS[0], (*RECORDED["curl"], "Content-Length: 4"))


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # what fails is longer than that
@settings(
    max_examples=by_length(250, 20_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pieces=conversations(), near=st.booleans())
@example(pieces=USUAL, near=False)
@example(pieces=[(piece, False) for piece, _ in USUAL], near=False)
@example(
    pieces=[*USUAL, (request(TARGETS[0], RECORDED["curl"]) + b"GET", True), (b" / HTTP/1.1\r\n\r\n", True)], near=False
)
@example(pieces=[*USUAL, (request("/v1/images/1", RECORDED["curl"], "PUT"), True), *USUAL], near=False)
@example(pieces=[*USUAL, (b"\r\n", True), *USUAL], near=False)
@example(pieces=[*USUAL, (b"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Begun: ", True), *USUAL], near=False)
@example(pieces=[(USUAL[0][0] * 2, True)] * 3, near=False)
@example(pieces=[(WITH_BODY, True), (b"abcd", True)], near=False)
@example(pieces=[*USUAL, (WITH_BODY, False), (b"abcd", True)], near=False)
@example(pieces=[(request(TARGETS[0], RECORDED["closing"]), True)] * 3, near=False)
@example(pieces=USUAL, near=True)
@example(pieces=[*USUAL, (WITH_BODY, True), (b"abcd", True), *USUAL], near=True)
@example(pieces=[*USUAL, (request("/v1/images/1", RECORDED["curl"], "PUT"), True), *USUAL], near=True)
@example(pieces=[*USUAL, (request(TARGETS[0], RECORDED["closing"]), True), *USUAL], near=True)
def test_nobody_can_tell_whether_the_parser_was_asked(
    loop: asyncio.Runner, services: tuple[Service, Service, str], pieces: list[tuple[bytes, bool]], near: bool
) -> None:
    """Answers to the byte, their number, and what becomes of the connection."""
    plain, parsed, key = services
    pieces = [(piece.replace(b"{key}", key.encode()), waits) for piece, waits in pieces]
    assert loop.run(_both(plain.talk(pieces, near=near), parsed.talk(pieces, near=near)))


async def _both(plain: Awaitable[Seen], parsed: Awaitable[Seen]) -> bool:
    seen, expected = await plain, await parsed
    assert seen == expected
    return True


@pytest.mark.parametrize(
    "client", [name for name in RECORDED if name not in {"java", "crawler", "traced", "closing", "go", "okhttp"}]
)
def test_what_clients_send_is_known_when_it_comes_again(
    loop: asyncio.Runner, services: tuple[Service, Service, str], client: str
) -> None:
    """From the second request of a connection on, also under another product's address, and it is counted as ever."""
    plain, _, key = services
    lines = [line.replace("{key}", key) for line in RECORDED[client]]
    target = "/api/products/a-dress/images" if client == "guzzle" else TARGETS[0]
    asked = [(request(target, lines), True)] * 4

    assert loop.run(_knowing(plain, asked)) >= 2


@pytest.mark.parametrize("between", ["/abstract-products/other", "/v1/images/1"])
def test_who_asks_again_at_once_stays_in_front_of_the_parser(
    loop: asyncio.Runner, services: tuple[Service, Service, str], between: str
) -> None:
    """Once the parser was needed, who asks before the framework waits again would never come back."""
    plain, _, _ = services
    loop.run(_knowing(plain, USUAL))
    before = plain.in_front
    asked = [*USUAL, (request(between, [*RECORDED["curl"], f"X-New: {between}"]), True), *USUAL]

    seen = loop.run(plain.talk(asked, near=True))

    assert seen.came.count(b"HTTP/1.1 ") == len(asked)
    assert plain.in_front - before == 5  # all known ones but the first, which tells by whom the service is spoken to


async def _knowing(service: Service, asked: Sequence[tuple[bytes, bool]]) -> int:
    """How many of these were answered in front of the parser, once it hears of changes, and may keep documents."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            before = service.in_front
            await service.talk(asked)
            if service.in_front > before:
                return service.in_front - before
            await asyncio.sleep(0.02)


def test_a_drain_parts_with_connections_at_once(cluster: Cluster, template: str, tmp_path: Path) -> None:
    """What is known is then answered by the application, which says that this was the last answer."""

    async def drained() -> Seen:
        async with AsyncExitStack() as stack:
            plain, _, _ = await _started(stack, cluster, template, tmp_path)
            plain.runner.app[DRAIN].begin()
            return await plain.talk(USUAL)

    seen = asyncio.run(drained())
    assert seen.came.count(b"HTTP/1.1 200") == 1
    assert seen.ended or not seen.keeps


def test_requests_are_counted_once(loop: asyncio.Runner, services: tuple[Service, Service, str]) -> None:
    """Under the same names, in front of the parser and behind it."""
    counted = [loop.run(_counted(service)) for service in services[:2]]
    assert counted[0] == counted[1]
    assert sum(counted[0].values()) == 6


async def _counted(service: Service) -> Counter[tuple[object, ...]]:
    before = _requests(service)
    await service.talk([*USUAL, *[(request(TARGETS[3], RECORDED["curl"]), True)] * 3])
    return _requests(service) - before


def _requests(service: Service) -> Counter[tuple[tuple[str, str], ...]]:
    """How many are counted so far, by what they are counted under."""
    families = service.runner.app[OBSERVER].metrics.families()
    samples = (sample for family in families for sample in family.samples)
    count = "product_images_http_request_seconds_count"
    return Counter({tuple(one.labels.items()): int(one.value) for one in samples if one.name == count})


def _failing(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses of which an observer hears that fails each time."""
    told: list[int] = []

    def fail(event: RequestServed | RequestsServed) -> None:
        told.append(event.status)
        raise ZeroDivisionError

    monkeypatch.setattr(service.connections.reads, "_observe", fail)
    return told


def test_what_cannot_be_told_takes_nothing_with_it(
    loop: asyncio.Runner, services: tuple[Service, Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of answers of two kinds that go out in one turn both are told, although telling the first one fails."""
    found, unknown = (request(target, RECORDED["curl"]) for target in (TARGETS[0], TARGETS[3]))
    for known in (found, unknown):
        loop.run(_knowing(services[0], [(known, True)] * 3))
    told = _failing(services[0], monkeypatch)
    seen = loop.run(services[0].talk([(found, True), (found, False), (unknown, False), (found, True)]))
    assert seen.came.count(b"HTTP/1.1 ") == 4
    assert sorted(told) == [200, 404]


def test_no_id_stays_behind_where_telling_fails(
    loop: asyncio.Runner, services: tuple[Service, Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what happens next would bear that of a request that is over."""
    lines = [line.replace("{key}", services[2]) for line in RECORDED["guzzle"]]
    asked = [(request("/api/products/a-dress/images", lines), True)] * 4
    loop.run(_knowing(services[0], asked))
    told = _failing(services[0], monkeypatch)

    async def left() -> str:
        with pytest.raises(ZeroDivisionError):
            await services[0].talk(asked)
        return REQUEST_ID.get("")

    assert loop.run(left()) == ""
    assert told == [200]


def test_what_is_remembered_of_heads_is_bounded() -> None:
    """Whatever lines strangers make up."""
    reads = object.__new__(PlainReads)
    reads._meanings = {}
    for number in range(2500):
        lines = f"Host: shop.example\r\nX-Odd: {number}\r\n\r\n".encode()
        reads.learn(Head(b"/", lines, b"", b""), ("/", (), "", ("http", False, "")))
    assert len(reads._meanings) <= 1000
