"""What every request meets first, whatever API answers it."""

import asyncio
import json
from typing import NoReturn

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from app.errors import Busy, DatabaseUnavailable
from app.http.apis import ApiName, api_name
from app.http.body import read_body
from app.telemetry.logs import configure_logging
from tests.small_app import Client, Serve


async def ok(request: web.Request) -> web.Response:
    return web.Response(text="ok")


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/api/rest", "openmage"),
        ("/api/rest/products/1/images", "openmage"),
        ("/oauth/token", "openmage"),
        ("/admin/oauth_authorize", "openmage"),
        ("/api/v1/products", "spree"),
        ("/api/products/1", "spree"),
        ("/api/variants/1", "spree"),
        ("/api", "spree"),
        ("/api/else", "spree"),
        ("/spree/products/1/mini/a.jpg", "spree"),
        ("/media/catalog/product/a.jpg", "delivery"),
        ("/health/live", "service"),
        ("/metrics", "service"),
        ("/docs", "service"),
        ("/openapi.json", "service"),
        ("/console/renditions", "service"),
        ("/v1", "v1"),
        ("/v1/", "v1"),
        ("/v1/stores", "v1"),
        ("/v1x", "glue"),
        ("//v1", "glue"),
        ("/", "glue"),
        ("/abstract-products/1", "glue"),
        ("/oauth", "glue"),
        ("/%61pi/rest", "glue"),
        ("//api/rest", "glue"),
    ],
)
async def test_an_unknown_path_is_told_by_the_room_that_answers_it(serve: Serve, path: str, api: ApiName) -> None:
    """A path without a route gets the not-found answer of its API."""
    assert api_name(path) == api
    client = await serve()

    async with asyncio.timeout(5):
        answer = await raw(client, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"api": api, "error": "NotFound"}


async def raw(client: Client, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(request.encode("latin-1"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_wrong_method_is_told_by_the_api(serve: Serve) -> None:
    """A known path with a method that it lacks gets the API's words for that."""
    client = await serve(web.get("/api/v1/images", ok))

    response = await client.post("/api/v1/images")

    assert (response.status, await response.json()) == (405, {"api": "spree", "error": "Method Not Allowed"})


@pytest.mark.parametrize("given", ["abc-1.2_3", "x" * 64])
async def test_a_sane_request_id_is_kept(serve: Serve, given: str) -> None:
    """The caller's request id is used and, where the API tells it, sent back."""
    client = await serve(web.get("/", ok))

    response = await client.get("/", headers={"X-Request-Id": given})

    assert response.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a<b>", 'a"'])
async def test_any_other_request_id_is_replaced(serve: Serve, given: str | None) -> None:
    """Without a harmless id of the caller's every request gets one of its own."""
    client = await serve(web.get("/", ok))
    headers = {} if given is None else {"X-Request-Id": given}

    ids = {(await client.get("/", headers=headers)).headers["X-Request-Id"] for _ in range(2)}

    assert len(ids) == 2
    assert given not in ids


async def test_an_api_may_keep_the_request_id_to_itself(serve: Serve) -> None:
    """A dialect that knows no such header does not send it."""
    client = await serve(web.get("/api/rest/a", ok))

    assert "X-Request-Id" not in (await client.get("/api/rest/a")).headers


async def test_a_bug_is_told_to_the_log_and_not_to_the_client(serve: Serve) -> None:
    """An error that nobody foresaw is the API's 500, and one log event with its cause and request id."""

    async def broken(request: web.Request) -> NoReturn:
        raise ZeroDivisionError("secret detail")

    client = await serve(web.get("/api/rest/{any}", broken))
    with capture_logs(processors=[]) as lines:
        response = await client.get("/api/rest/a?secret=1", headers={"X-Request-Id": "r-1"})

    assert response.status == 500
    assert await response.json() == {"api": "openmage", "error": "internal"}
    failed = [line for line in lines if line["event"] == "request_failed"]
    assert len(failed) == 1
    assert isinstance(failed[0]["exc_info"], ZeroDivisionError)
    served = next(line for line in lines if line["event"] == "request")
    assert (served["route"], served["status"], served["room"]) == ("/api/rest/{any}", 500, "openmage")
    assert "secret" not in str([line for line in lines if line not in failed])


@pytest.mark.parametrize("path", ["/api/rest/a", "/api/rest/nowhere", "/api/rest/bug", "/api/rest/closed"])
async def test_no_answer_tells_what_the_service_is_made_with(serve: Serve, path: str) -> None:
    """Whether all is well or not, an answer names the product and no versions."""

    async def bug(request: web.Request) -> NoReturn:
        raise ZeroDivisionError

    client = await serve(web.get("/api/rest/a", ok), web.get("/api/rest/bug", bug), web.post("/api/rest/closed", ok))

    assert (await client.get(path)).headers["Server"] == "product-images"


@pytest.mark.parametrize(("error", "seconds"), [(DatabaseUnavailable("gone"), "5"), (Busy("full"), "1")])
async def test_what_is_away_says_when_to_come_again(serve: Serve, error: Exception, seconds: str) -> None:
    """What is away or busy is a 503 with Retry-After, and its reason stays in the log."""

    async def away(request: web.Request) -> NoReturn:
        raise error

    client = await serve(web.get("/api/v1/a", away))
    response = await client.get("/api/v1/a")

    assert (response.status, response.headers["Retry-After"]) == (503, seconds)
    assert str(error) not in await response.text()


async def test_a_body_that_had_begun_is_broken_off(serve: Serve) -> None:
    """An error after the first byte ends the connection instead of adding a document to the body."""

    async def handler(request: web.Request) -> NoReturn:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begun")
        raise ZeroDivisionError

    client = await serve(web.get("/api/v1/a", handler))

    with pytest.raises(aiohttp.ClientError):
        await (await client.get("/api/v1/a")).read()


@pytest.mark.usefixtures("_restored_logging")
async def test_a_client_that_leaves_in_the_middle_is_no_error(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    """A client that goes away before its body is complete leaves no line in the log; a bug in its place leaves one."""
    configure_logging("json")
    reading, ended = asyncio.Event(), asyncio.Event()

    async def upload(request: web.Request) -> web.Response:
        reading.set()
        try:
            return web.Response(body=await read_body(request, 1000))
        finally:
            ended.set()

    client = await serve(web.post("/api/rest/a", upload), web.get("/api/rest/b", fails_late))
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(b"POST /api/rest/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        await reading.wait()
        writer.close()
        await ended.wait()
        with pytest.raises(aiohttp.ClientError):
            await (await client.get("/api/rest/b")).read()
    await client.close()

    reported = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert reported == ["transfer_broken"]


async def fails_late(request: web.Request) -> NoReturn:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"begun")
    raise ZeroDivisionError
