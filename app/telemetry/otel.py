"""Spans for OpenTelemetry, which is loaded where the setting asks for it, and nowhere else."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from app.errors import Misconfigured
from app.traces import Kind, Note, Spans, Trace, Unrecorded, within

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_NAME: Final = "product-images"


def spans_of(wanted: bool) -> Spans:
    """Recorded and sent as the usual `OTEL_…` variables say where they are wanted; Misconfigured without the extra."""
    if not wanted:
        return Unrecorded()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Misconfigured("TRACES: install the extra, `pip install product-images[otel]`.") from None
    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetry(provider)


class OpenTelemetry:
    """Hands spans to `provider`. Of an error its class is told, and no word of what it says."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(_NAME)

    @contextmanager
    def span(self, name: str, kind: Kind, parent: Trace | None) -> Iterator[Note]:
        from opentelemetry.trace import SpanKind

        span = self._tracer.start_span(name, _context(parent), SpanKind[kind.upper()])
        try:
            with within(_own(span)):
                yield span.set_attribute
        except BaseException as error:
            _fail(span, type(error).__name__)
            raise
        finally:
            span.end()

    async def close(self) -> None:
        """Sends what was not sent yet, which may take a while where nobody answers."""
        await asyncio.to_thread(self._provider.shutdown)


def _context(parent: Trace | None) -> "Context":
    from opentelemetry.context import Context as Empty
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    if parent is None:
        return Empty()
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    cause = SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(cause), Empty())


def _own(span: "Span") -> Trace:
    own = span.get_span_context()
    return Trace(f"{own.trace_id:032x}", f"{own.span_id:016x}", own.trace_flags.sampled)


def _fail(span: "Span", what: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", what)
    span.set_status(Status(StatusCode.ERROR))
