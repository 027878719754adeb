"""What is handed to OpenTelemetry, and to whom."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.telemetry.otel import OpenTelemetry, spans_of
from app.traces import TRACE, Kind, Trace
from tests.test_traces import KNOWN, SPAN_ID, TRACE_ID


@pytest.fixture(name="exporter")
def _exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(name="spans")
def _spans(exporter: InMemorySpanExporter) -> Iterator[OpenTelemetry]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield OpenTelemetry(provider)
    provider.shutdown()


def _only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


def _traced(span: ReadableSpan) -> Trace:
    assert span.context is not None
    return Trace(f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", span.context.trace_flags.sampled)


@pytest.mark.parametrize(
    ("kind", "told"), [("server", SpanKind.SERVER), ("consumer", SpanKind.CONSUMER), ("client", SpanKind.CLIENT)]
)
def test_a_span_is_the_child_of_its_cause(
    spans: OpenTelemetry, exporter: InMemorySpanExporter, kind: Kind, told: SpanKind
) -> None:
    """It has the cause's trace, its own number, its kind and its notes; what happens within belongs to it."""
    with spans.span("job render", kind, KNOWN) as note:
        note("job.tries", 2)
        inner = TRACE.get()
    span = _only(exporter)

    assert inner == _traced(span) != KNOWN
    assert TRACE.get() is None
    assert (span.name, span.kind, dict(span.attributes or {})) == ("job render", told, {"job.tries": 2})
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE_ID, SPAN_ID)
    assert span.parent.is_remote
    assert span.status.status_code is StatusCode.UNSET


def test_without_a_cause_a_trace_begins(spans: OpenTelemetry, exporter: InMemorySpanExporter) -> None:
    """Also within another span: what caused it is said, not guessed."""
    with spans.span("GET", "server", KNOWN), spans.span("alone", "client", None):
        pass
    alone, _ = exporter.get_finished_spans()
    assert alone.parent is None
    assert _traced(alone).trace_id != TRACE_ID


def test_what_the_cause_does_not_record_is_not_recorded(spans: OpenTelemetry, exporter: InMemorySpanExporter) -> None:
    """Its trace is passed on all the same, as one that nobody records."""
    with spans.span("GET", "server", KNOWN._replace(is_sampled=False)):
        inner = TRACE.get()
    assert exporter.get_finished_spans() == ()
    assert inner is not None
    assert (inner.trace_id, inner.is_sampled) == (TRACE_ID, False)


def test_of_an_error_the_class_is_reported_alone(spans: OpenTelemetry, exporter: InMemorySpanExporter) -> None:
    """What it says may be private. It goes on as it came."""
    error = ValueError("the password is secret")
    with pytest.raises(ValueError, match="secret") as raised, spans.span("GET", "server", None):
        raise error
    span = _only(exporter)

    assert raised.value is error
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "secret" not in span.to_json()
    assert span.events == ()


@pytest.mark.parametrize(("environ", "name"), [({}, "product-images"), ({"OTEL_SERVICE_NAME": "shop"}, "shop")])
async def test_what_was_recorded_is_sent_when_all_ends(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], name: str
) -> None:
    """To where the exporter's own variables say, under the service's name or the one that is given."""
    module = ModuleType("trace_exporter")
    module.OTLPSpanExporter = lambda: exporter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", module)
    for variable in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)

    spans = spans_of(wanted=True)
    with spans.span("GET", "server", None):
        pass
    assert exporter.get_finished_spans() == ()
    await spans.close()
    assert _only(exporter).resource.attributes["service.name"] == name
