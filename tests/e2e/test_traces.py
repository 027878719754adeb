"""A trace that begins at a client goes on in jobs, log lines and webhooks, and can be recorded."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from yarl import URL

from app.db.pool import Database
from app.errors import Misconfigured
from app.server.runner import Runner
from app.settings import Settings
from app.telemetry.logs import configure_logging
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.telemetry.otel import OpenTelemetry, spans_of
from app.traces import Spans, Unrecorded
from app.wiring.application import build_app
from tests.e2e.conftest import SECRET_KEY, Shop, eventually, provision
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.service.webhooks.conftest import Received, Receiver, receiving
from tests.test_traces import SPAN_ID, TRACE_ID

IMAGES: Final = "/api/rest/products/dress/images"
GIVEN: Final = f"00-{TRACE_ID}-{SPAN_ID}-01"


@asynccontextmanager
async def _up(database: Database, tmp_path: Path, receiver: Receiver, spans: Spans) -> AsyncIterator[Shop]:
    """A shop that works off jobs and tells `receiver`."""
    admin, key = await provision(database)
    settings = replace(
        Settings(data_dir=tmp_path, database_url=database.dsn, secret_key=SECRET_KEY, codec_processes=1),
        public_url="http://shop.example",
        fetch_allowed_networks=(f"127.0.0.1:{URL(receiver.url).port}",),
    )
    runner = Runner(build_app(settings, database.dsn, Observer(Metrics(), sample=1), spans))
    runner.drain_seconds = 0
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
        async with aiohttp.ClientSession() as session:
            yield Shop(url, settings, database, admin, key, session)
    finally:
        await runner.cleanup()


async def _upload(shop: Shop, receiver: Receiver, seed: int, **headers: str) -> None:
    """Until the receiver has been told that it is ready."""
    before = len(_ready(receiver))
    if not receiver.received:
        bearer = {"Authorization": f"Bearer {shop.api_key}"}
        added = await shop.call("POST", "/v1/webhooks", json={"url": receiver.url}, headers=bearer)
        assert added.status == 201
    upload = body(encoded(picture(60, 40, seed=seed)))
    given = {"Content-Type": "application/json", **headers}
    assert (await shop.signed("POST", IMAGES, data=upload, headers=given)).status == 200

    async def has_heard() -> bool:
        return len(_ready(receiver)) > before

    await eventually(has_heard)


def _ready(receiver: Receiver) -> list[Received]:
    return [one for one in receiver.received if one.event["type"] == "image.ready"]


def _of(spans: tuple[ReadableSpan, ...], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name.startswith(name)]


@pytest.mark.usefixtures("_restored_logging")
async def test_a_write_its_job_and_its_webhooks_are_one_trace(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each span is the child of what caused it, what the receiver is sent names the try as its cause, and log lines
    name the trace. Reads make no spans."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    configure_logging("json")
    async with receiving() as receiver, _up(database, tmp_path, receiver, OpenTelemetry(provider)) as shop:
        await _upload(shop, receiver, 1, traceparent=GIVEN)
        for _ in range(2):
            await shop.get(IMAGES, traceparent=GIVEN)
        refused = await shop.signed("POST", IMAGES, data=b"{", headers={"traceparent": "00-no-trace"})
        assert refused.status == 400

    spans = exporter.get_finished_spans()
    assert not _of(spans, "GET")
    _, write, other = sorted(_of(spans, "POST"), key=lambda span: span.start_time or 0)
    [job] = _of(spans, "job render")
    assert write.name == "POST /api/rest/products/{product}/images"
    assert (write.attributes or {})["http.response.status_code"] == 200
    assert f"{_parent(write):016x}" == SPAN_ID
    assert _parent(job) == _id(write)
    assert _trace(other) != TRACE_ID
    told = {header for one in receiver.received if TRACE_ID in (header := one.headers["traceparent"])}
    tries = [span for span in _of(spans, "webhook") if _trace(span) == TRACE_ID]
    assert told == {f"00-{TRACE_ID}-{_id(span):016x}-01" for span in tries}
    assert {_parent(span) for span in tries} == {_id(write), _id(job)}
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    served = [line for line in lines if line["event"] == "request" and line["method"] == "POST"]
    assert [line.get("trace_id") == TRACE_ID for line in served] == [False, True, False]


async def test_a_trace_is_passed_on_where_nobody_records_it(database: Database, tmp_path: Path) -> None:
    """As it came; without one, or with none that can be believed, nothing is told."""
    async with receiving() as receiver, _up(database, tmp_path, receiver, Unrecorded()) as shop:
        await _upload(shop, receiver, 1, traceparent=GIVEN)
        await _upload(shop, receiver, 2, traceparent=f"{GIVEN}-more")
        assert [one.headers.get("traceparent") for one in _ready(receiver)] == [GIVEN, None]


def test_the_extra_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants spans and has nothing that makes them reads what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert isinstance(spans_of(wanted=False), Unrecorded)
    with pytest.raises(Misconfigured, match="otel"):
        spans_of(wanted=True)


def _id(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def _parent(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def _trace(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"
