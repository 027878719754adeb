"""What Prometheus is told of events, and of what can be looked up when it asks.

Events are counted here, each by its type. What is looked up is watched by others: `telemetry/lookups` has the
connections and slots, `wiring/telemetry` the caches and clocks; `telemetry/scrape` puts all of it into an answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from app import events
from app.telemetry.histogram import Histogram

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_WORK: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CALLS: Final = (0.0005, 0.002, 0.01, 0.05, 0.2, 1, 5)

Gauges = Callable[[], Mapping[str, float]]
"""Asked with every scrape: label value → figure."""


class CacheFigures(Protocol):
    """What a cache tells of itself; `size` in bytes."""

    @property
    def hits(self) -> int: ...

    @property
    def misses(self) -> int: ...

    @property
    def size(self) -> int: ...


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._watched = _Watched()
        self._registry.register(self._watched)
        self._requests = self._histogram("http_request", "Requests.", ("room", "route", "method", "status"), _LATENCIES)
        self._statements = self._histogram("database_statement", "Statements answered by Postgres.", ("query",), _CALLS)
        self._waits = self._histogram("database_wait", "Waits of a millisecond or more for a connection.", (), _CALLS)
        self._store = self._histogram("store_call", "Calls of the object store.", ("operation",), _CALLS)
        self._lag = self._histogram("event_loop_lag", "How late the event loop comes round.", (), _LATENCIES)
        self._uploads = self._histogram("upload", "Uploads accepted.", ("room",), _WORK)
        self._uploaded = self._counter("uploaded_bytes", "Bytes of the uploads accepted.", ("room",))
        self._rejected = self._counter(
            "uploads_rejected", "Uploads rejected.", ("room", "why", "format", "limit", "measure")
        )
        self._jobs = self._histogram("job", "Jobs done.", ("kind",), _WORK)
        self._tries = self._histogram("webhook_try", "Events sent to webhooks.", ("outcome",), _WORK)
        self._codecs = self._histogram("codec", "Tasks done by the codecs' children.", ("task",), _WORK)
        self._decoded = self._counter("codec_pixels", "Pixels that the codecs' children decoded.", ("task",))
        self._lost = self._counter("codec_children_lost", "Children that ended in the middle of an image.", ("why",))
        self._renditions = self._counter("renditions_built", "Renditions built.", ("recipe", "format", "cause"))
        self._pixels = self._counter("rendition_pixels", "Pixels of the renditions built.", ("cause",))
        self._errors = self._counter("backend_errors", "Errors of Postgres and of the store.", ("backend", "error"))
        self._given_up = self._counter("database_connections_given_up", "Connections that fell silent.", ("whose",))
        self._replica = self._counter(
            "replica_reads", "Reads that a replica may answer, by what became of them.", ("outcome",)
        )
        self._trouble = self._counter("trouble", "What went wrong.", ("event", "what"))

    def watch_cache(self, name: str, cache: CacheFigures) -> None:
        """Tell the figures of `cache` with every scrape."""
        self._watched.caches[name] = cache

    def watch(self, name: str, sentence: str, label: str, ask: Gauges) -> None:
        """Tell what `ask` says with every scrape."""
        self._watched.gauges[name] = (sentence, label, ask)

    def families(self) -> Iterable[Metric]:
        """Everything as it stands now."""
        return self._registry.collect()

    def served(self, event: events.RequestServed) -> None:
        self._requests.add(event[:4], event.seconds)

    def served_several(self, event: events.RequestsServed) -> None:
        self._requests.add_all(event[:4], event.seconds)

    def statement(self, event: events.StatementDone) -> None:
        self._statements.add((event.query,), event.seconds)
        if event.failure:
            self._errors.labels("database", event.failure).inc()

    def waited(self, event: events.ConnectionAwaited) -> None:
        self._waits.add((), event.seconds)

    def given_up(self, event: events.ConnectionGivenUp) -> None:
        self._given_up.labels(event.whose).inc()

    def replica_tried(self, event: events.ReplicaTried) -> None:
        self._replica.labels(event.outcome).inc()

    def stored(self, event: events.StoreCalled) -> None:
        self._store.add((event.operation,), event.seconds)
        if event.failure:
            self._errors.labels("store", event.failure).inc()

    def lagged(self, event: events.LoopLagged) -> None:
        self._lag.add((), event.seconds)

    def uploaded(self, event: events.UploadAccepted) -> None:
        self._uploads.add((event.api,), event.seconds)
        self._uploaded.labels(event.api).inc(event.size)

    def rejected(self, event: events.UploadRejected) -> None:
        """The measure by how many times the limit it is, so that its values stay few."""
        measure = _times(event.measured, event.allowed) if event.limit else ""
        self._rejected.labels(event.api, event.why, event.format, event.limit, measure).inc()

    def built(self, event: events.RenditionBuilt) -> None:
        self._renditions.labels(event.recipe, event.format, event.cause).inc()
        self._pixels.labels(event.cause).inc(event.pixels)

    def codec_done(self, event: events.CodecTaskDone) -> None:
        self._codecs.add((event.task,), event.seconds)
        self._decoded.labels(event.task).inc(event.pixels)

    def child_lost(self, event: events.CodecChildLost) -> None:
        self._lost.labels(event.why).inc()

    def job_done(self, event: events.JobDone) -> None:
        self._jobs.add((event.kind,), event.seconds)

    def delivery_tried(self, event: events.DeliveryTried) -> None:
        self._tries.add(("refused" if event.failure else "taken",), event.seconds)

    def trouble(self, event: str, what: str) -> None:
        self._trouble.labels(event, what).inc()

    def _histogram(self, name: str, sentence: str, labels: Sequence[str], bounds: Sequence[float]) -> Histogram:
        histogram = Histogram(f"product_images_{name}_seconds", sentence, labels, bounds)
        self._registry.register(histogram)
        return histogram

    def _counter(self, name: str, sentence: str, labels: Iterable[str]) -> Counter:
        return Counter(f"product_images_{name}", sentence, labels, registry=self._registry)


def _times(measured: int, allowed: int) -> str:
    """How far a limit is exceeded: `2`, `4` … for up to so many times as much as it allows, `more` above 64."""
    steps = (2**power for power in range(1, 7))
    return next((str(step) for step in steps if measured <= step * allowed), "more")


class _Watched(Collector):
    """Asks when it is asked, so that a hit costs a cache no more than an addition."""

    def __init__(self) -> None:
        self.caches: dict[str, CacheFigures] = {}
        self.gauges: dict[str, tuple[str, str, Gauges]] = {}

    def collect(self) -> Iterable[Metric]:
        yield from self._of_caches()
        for name, (sentence, label, ask) in self.gauges.items():
            gauge = GaugeMetricFamily(f"product_images_{name}", sentence, labels=[label])
            for value, figure in ask().items():
                gauge.add_metric([value], figure)
            yield gauge

    def _of_caches(self) -> Iterable[Metric]:
        hits = CounterMetricFamily("product_images_cache_hits", "Cache hits.", labels=["cache"])
        misses = CounterMetricFamily("product_images_cache_misses", "Cache misses.", labels=["cache"])
        size = GaugeMetricFamily("product_images_cache_bytes", "Bytes in a cache.", labels=["cache"])
        for name, cache in self.caches.items():
            hits.add_metric([name], cache.hits)
            misses.add_metric([name], cache.misses)
            size.add_metric([name], cache.size)
        return hits, misses, size
