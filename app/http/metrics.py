"""What Prometheus is told of events and caches."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from app import events

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_WORK: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class CacheFigures(Protocol):
    """What a cache tells of itself; `size` in bytes."""

    @property
    def hits(self) -> int: ...

    @property
    def misses(self) -> int: ...

    @property
    def size(self) -> int: ...


class Metrics:
    """One registry per process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._caches = _Caches()
        self._registry.register(self._caches)
        self._latencies = _Latencies()
        self._registry.register(self._latencies)
        self._uploads = self._histogram("upload_seconds", "Uploads accepted.", ("room",))
        self._uploaded = self._counter("uploaded_bytes", "Bytes of the uploads accepted.", ("room",))
        self._jobs = self._histogram("job_seconds", "Jobs done.", ("kind",))
        self._renditions = self._counter("renditions_built", "Renditions built.", ("recipe", "format", "cause"))
        self._trouble = self._counter("trouble", "What went wrong.", ("event", "what"))

    def watch_cache(self, name: str, cache: CacheFigures) -> None:
        """Tell the figures of `cache` with every scrape."""
        self._caches.watched[name] = cache

    def exposition(self) -> bytes:
        """All figures in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)

    def served(self, event: events.RequestServed) -> None:
        self._latencies.add(event)

    def uploaded(self, event: events.UploadAccepted) -> None:
        self._uploads.labels(event.room).observe(event.seconds)
        self._uploaded.labels(event.room).inc(event.size)

    def built(self, event: events.RenditionBuilt) -> None:
        self._renditions.labels(event.recipe, event.format, event.cause).inc()

    def job_done(self, event: events.JobDone) -> None:
        self._jobs.labels(event.kind).observe(event.seconds)

    def trouble(self, event: str, what: str) -> None:
        self._trouble.labels(event, what).inc()

    def _histogram(self, name: str, sentence: str, labels: Iterable[str]) -> Histogram:
        return Histogram(f"product_images_{name}", sentence, labels, buckets=_WORK, registry=self._registry)

    def _counter(self, name: str, sentence: str, labels: Iterable[str]) -> Counter:
        return Counter(f"product_images_{name}", sentence, labels, registry=self._registry)


class _Latencies(Collector):
    """A histogram of requests. The library's own costs three times as much for each, which shows on
    requests that are answered from memory."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str, int], list[float]] = {}

    def add(self, event: events.RequestServed) -> None:
        labels = event[:4]
        figures = self._seen.get(labels)
        if figures is None:
            figures = self._seen[labels] = [0.0] * (len(_LATENCIES) + 2)
        figures[bisect_left(_LATENCIES, event.seconds)] += 1
        figures[-1] += event.seconds

    def collect(self) -> Iterable[Metric]:
        name, labels = "product_images_http_request_seconds", ["room", "route", "method", "status"]
        family = HistogramMetricFamily(name, "Requests.", labels=labels)
        bounds = [*map(str, _LATENCIES), "+Inf"]
        for seen, (*counts, total) in self._seen.items():
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([str(label) for label in seen], buckets, total)
        return (family,)


class _Caches(Collector):
    """Asks the caches when it is asked, so that a hit costs them no more than an addition."""

    def __init__(self) -> None:
        self.watched: dict[str, CacheFigures] = {}

    def collect(self) -> Iterable[Metric]:
        hits = CounterMetricFamily("product_images_cache_hits", "Cache hits.", labels=["cache"])
        misses = CounterMetricFamily("product_images_cache_misses", "Cache misses.", labels=["cache"])
        size = GaugeMetricFamily("product_images_cache_bytes", "Bytes in a cache.", labels=["cache"])
        for name, cache in self.watched.items():
            hits.add_metric([name], cache.hits)
            misses.add_metric([name], cache.misses)
            size.add_metric([name], cache.size)
        return hits, misses, size
