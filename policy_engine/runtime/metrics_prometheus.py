"""Metrics for Prometheus. Needs the extra `prometheus`.

Whoever scrapes gets the numbers as they stand then: nothing is counted twice, or kept here.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.runtime.instruments import Counts, Distributions
from policy_engine.runtime.metrics import Metrics

try:
    from prometheus_client.core import (
        REGISTRY,
        CollectorRegistry,
        CounterMetricFamily,
        HistogramMetricFamily,
    )
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ImportError(
        "metrics for Prometheus need their library: pip install 'agent-policy-engine[prometheus]'"
    ) from error

_PREFIX = "policy_gate_"


class MetricsCollector(Collector):
    """What a registry asks for the metrics of a gate: `policy_gate_decisions_total` and so on."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterator[Metric]:
        """By these names a registry knows what it has already."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        snapshot = self._metrics.snapshot()
        for counts in snapshot.counters.values():
            yield _counter(counts)
        for all_ in snapshot.histograms.values():
            yield _histogram(all_)


def register(metrics: Metrics, registry: CollectorRegistry | None = None) -> MetricsCollector:
    """Adds the metrics to a registry, by default the one of the process.

    `registry.unregister` takes what is given back. Raises `ValueError` where the registry has
    metrics of these names already.
    """
    collector = MetricsCollector(metrics)
    (REGISTRY if registry is None else registry).register(collector)
    return collector


def _counter(counts: Counts) -> CounterMetricFamily:
    instrument = counts.instrument
    family = CounterMetricFamily(
        _PREFIX + instrument.name, instrument.help, labels=instrument.labels
    )
    for labels, value in counts.values.items():
        family.add_metric(labels, float(value))
    return family


def _histogram(all_: Distributions) -> HistogramMetricFamily:
    """Prometheus counts in each bucket what lies in the buckets before it too."""
    instrument = all_.instrument
    family = HistogramMetricFamily(
        f"{_PREFIX}{instrument.name}_seconds", instrument.help, labels=instrument.labels
    )
    for labels, distribution in all_.values.items():
        buckets = list(zip(all_.edges, distribution.cumulative, strict=True))
        family.add_metric(labels, buckets, distribution.sum)
    return family
