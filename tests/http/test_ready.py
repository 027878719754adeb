"""Answers that are ready to go differ from others in speed only."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import hdrs, web

from app.apis.v1.cached_answers import answered
from app.http.ready import Document, ReadyResponse, may_be_ready, serialised
from app.http.respond import represent, send_object
from tests.small_app import Client, Serve

BODY = b'{"data":[]}'
OPEN = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSING = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(name="client")
async def _client(serve: Serve) -> Client:
    about = represent(size=len(BODY), media_type="application/json", etag='"abc"', cache_control="no-cache")

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await send_object(request, about, BODY)
        assert isinstance(response, ReadyResponse) is may_be_ready(request)
        return response

    return await serve(web.get("/a", handler))


async def exchange(client: Client, *requests: str) -> bytes:
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        for request in requests:
            writer.write(request.encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


def head_of(answer: bytes) -> set[bytes]:
    changing = (b"Date:", b"X-Request-Id:", b"Connection:", b"HTTP/1.")
    return {line for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(changing)}


async def test_a_ready_answer_says_what_a_made_one_says(client: Client) -> None:
    """A connection that stays open and one that is closed get the same headers and body."""
    both = await exchange(client, OPEN, CLOSING)
    _, kept, closed = both.split(b"HTTP/1.1 200 OK\r\n")
    old = await exchange(client, "GET /a HTTP/1.0\r\n\r\n")

    assert head_of(kept) == head_of(closed) == head_of(old)
    assert {answer.partition(b"\r\n\r\n")[2] for answer in (kept, closed, old)} == {BODY}
    assert kept.count(b"\r\nDate: ") == kept.count(b"\r\nX-Request-Id: ") == 1
    assert b"\r\nConnection: close\r\n" in closed
    assert b"\r\nConnection: " not in kept


async def test_one_connection_carries_many_ready_answers(client: Client) -> None:
    """Requests sent at once over one connection are all answered, in order and whole."""
    answer = await exchange(client, *[OPEN] * 20, CLOSING)

    parts = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [part.partition(b"\r\n\r\n")[2] for part in parts] == [BODY] * 21


def test_a_header_cannot_leave_its_line() -> None:
    """A header with a line break is refused, whoever set it."""
    with pytest.raises(ValueError, match="line break"):
        serialised({"X-A": "a\r\nX-B: b"})


@pytest.mark.parametrize(
    "asks",
    [
        "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /a HTTP/1.0\r\n\r\n",
        "HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        'GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: "é"\r\nConnection: close\r\n\r\n',
        'GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: "b: c"\r\nConnection: close\r\n\r\n',
    ],
)
async def test_a_document_of_its_head_is_answered_as_when_it_was_made(serve: Serve, asks: str) -> None:
    """Whoever asks, and though an API says more of it."""
    made = Document(200, {hdrs.CONTENT_TYPE: "text/plain", hdrs.ETAG: '"b: c"', "X-Empty": "", "x-UPPER": "é"}, BODY, 7)
    again = Document.of_head(made.status, made.head, made.body, made.family)
    assert again == made
    served = iter([made, again, replace(made, headers={**made.headers, "X-More": "1"}), described(again)])

    async def handler(request: web.Request) -> web.StreamResponse:
        return answered(request, next(served))

    client = await serve(web.route("*", "/a", handler))
    first, second, more, further = [head_of(await exchange(client, asks)) for _ in range(4)]
    assert first == second
    assert more == further == first | {b"X-More: 1"}


def described(document: Document) -> Document:
    return replace(document, headers={**document.headers, "X-More": "1"})
