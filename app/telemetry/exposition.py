"""Figures of several processes, added up, and told as Prometheus reads them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Figures: TypeAlias = list[dict[str, Any]]
"""Families of samples as plain data: `{"name", "help", "type", "samples": [[name, labels, value], …]}`."""

_NOT_SUMMED: Final = frozenset({"python_info", "process_start_time_seconds", "product_images_clock_skew_seconds"})


def plain(families: Iterable[Metric]) -> Figures:
    return [
        {
            "name": family.name,
            "help": family.documentation,
            "type": family.type,
            # when a series began is of no use once several are added up
            "samples": [[s.name, s.labels, s.value] for s in family.samples if not s.name.endswith("_created")],
        }
        for family in families
    ]


def dumped(figures: Figures) -> bytes:
    return orjson.dumps(figures)


def loaded(data: bytes) -> Figures:
    """What `dumped` wrote; raises ValueError."""
    figures: Figures = orjson.loads(data)
    return figures


def counted(figures: Figures) -> Figures:
    """What stays true of a process that has ended: what it counted, not what it held."""
    return [family for family in figures if family["type"] in {"counter", "histogram"}]


def summed(processes: Iterable[Figures]) -> Figures:
    """One family for each name, one sample for each name and labels."""
    families: dict[str, dict[str, Any]] = {}
    sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for figures in processes:
        for family in figures:
            families.setdefault(family["name"], family)
            _add(sums.setdefault(family["name"], {}), family)
    return [
        {**family, "samples": [[sample, dict(labels), value] for (sample, labels), value in sums[name].items()]}
        for name, family in families.items()
    ]


def _add(sums: dict[tuple[str, tuple[tuple[str, str], ...]], float], family: Mapping[str, Any]) -> None:
    for name, labels, value in family["samples"]:
        key = name, tuple(labels.items())
        if family["name"] in _NOT_SUMMED:
            sums.setdefault(key, value)
        else:
            sums[key] = sums.get(key, 0) + value


def text(figures: Figures) -> bytes:
    """Prometheus' text format, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Given(figures))
    return generate_latest(registry)


class _Given(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        for given in self._figures:
            family = Metric(given["name"], given["help"], given["type"])
            for name, labels, value in given["samples"]:
                family.add_sample(name, labels, value)
            yield family
