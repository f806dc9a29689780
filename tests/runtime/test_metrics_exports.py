"""What is exported is what the snapshot says, under the names of the field."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_text

from policy_engine import Metrics
from policy_engine.runtime import metrics_opentelemetry, metrics_prometheus
from tests.runtime.test_metrics import WHO, decided, intent, perform, reason

COUNTERS = {
    "cost",
    "decisions",
    "entries",
    "observed",
    "outcomes",
    "people",
    "rules",
    "shadowed",
    "suspensions",
    "validations",
}
HISTOGRAMS = {"call", "waiting", "turnaround"}
OTEL_WHO = {f"policy.{name}": value for name, value in WHO.items()}


def worked() -> Metrics:
    """Metrics in which every instrument has something to say."""
    metrics = Metrics(cost=lambda task, milliseconds: Decimal("0.10"))
    perform(metrics, "a", 40)
    perform(metrics, "b", 90_000)
    odd = reason("odd", "D501", "deny")
    metrics("decided", decided("c", "deny", reason("never", "D501", "deny"), observed=(odd,)))
    metrics("decided", decided("d", "escalate", attributes={}))
    metrics("held", {"action": "d", "asks": []})
    metrics("rejected", {"action": "d"})
    metrics("validated", {"action": "a", "validation": "cents", "passed": True})
    metrics("suspended", {"name": "agent bot-7"})
    metrics("shadowed", {"live": "allow", "shadow": "deny"})
    return metrics


# --- Prometheus --------------------------------------------------------------------------------


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_prometheus_gets_every_instrument(registry: CollectorRegistry) -> None:
    metrics_prometheus.register(worked(), registry)
    families = {f.name: f.type for f in read_text(generate_latest(registry).decode())}
    assert families == {
        **{f"policy_gate_{name}": "counter" for name in COUNTERS},
        **{f"policy_gate_{name}_seconds": "histogram" for name in HISTOGRAMS},
    }
    assert worked().snapshot().counters.keys() == COUNTERS
    assert worked().snapshot().histograms.keys() == HISTOGRAMS


def test_prometheus_counts_as_the_snapshot_does(registry: CollectorRegistry) -> None:
    metrics = worked()
    metrics_prometheus.register(metrics, registry)
    sample = registry.get_sample_value
    assert sample("policy_gate_decisions_total", {**WHO, "outcome": "allow"}) == 2
    assert sample("policy_gate_decisions_total", {**WHO, "outcome": "deny"}) == 1
    assert sample("policy_gate_cost_total", WHO) == 0.2
    never = {"rule": "never", "code": "D501", "outcome": "deny"}
    assert sample("policy_gate_rules_total", never) == 1
    perform(metrics, "e")
    assert sample("policy_gate_decisions_total", {**WHO, "outcome": "allow"}) == 3


def test_prometheus_buckets_hold_what_lies_below_them(registry: CollectorRegistry) -> None:
    metrics_prometheus.register(worked(), registry)
    sample = registry.get_sample_value
    edges = ("0.025", "0.05", "60.0", "+Inf")
    found = [sample("policy_gate_call_seconds_bucket", {**WHO, "le": edge}) for edge in edges]
    assert found == [0, 1, 1, 2]
    assert sample("policy_gate_call_seconds_count", WHO) == 2
    assert sample("policy_gate_call_seconds_sum", WHO) == 90.04


def test_openmetrics_can_read_it_too(registry: CollectorRegistry) -> None:
    metrics_prometheus.register(worked(), registry)
    text = generate_openmetrics(registry).decode()
    assert {family.name for family in read_openmetrics(text)} == {
        *(f"policy_gate_{name}" for name in COUNTERS),
        *(f"policy_gate_{name}_seconds" for name in HISTOGRAMS),
    }


def test_a_label_may_be_any_text(registry: CollectorRegistry) -> None:
    metrics = Metrics()
    name = 'bot "7"\n\\ żółw 🐢'
    metrics("decided", decided("a", agent=name))
    metrics_prometheus.register(metrics, registry)
    text = generate_latest(registry).decode()
    agents = {s.labels.get("agent") for f in read_text(text) for s in f.samples}
    assert agents == {name, None}


def test_two_gates_do_not_share_a_registry(registry: CollectorRegistry) -> None:
    collector = metrics_prometheus.register(Metrics(), registry)
    with pytest.raises(ValueError, match="Duplicated"):
        metrics_prometheus.register(Metrics(), registry)
    registry.unregister(collector)
    metrics_prometheus.register(Metrics(), registry)


# --- OpenTelemetry -----------------------------------------------------------------------------


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def provider(reader: InMemoryMetricReader) -> Iterator[MeterProvider]:
    made = MeterProvider([reader])
    yield made
    made.shutdown()


Points = Mapping[frozenset[tuple[str, Any]], float]


def observed(reader: InMemoryMetricReader) -> dict[str, tuple[str, Points]]:
    """The unit and the points of each instrument that has any."""
    data = reader.get_metrics_data()
    assert data is not None
    found: dict[str, tuple[str, Points]] = {}
    for metric in data.resource_metrics[0].scope_metrics[0].metrics:
        assert isinstance(metric.data, Sum)
        assert metric.data.is_monotonic
        points = {frozenset((p.attributes or {}).items()): p.value for p in metric.data.data_points}
        found[metric.name] = (metric.unit or "", points)
    return found


def test_opentelemetry_gets_every_instrument(
    reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    metrics_opentelemetry.register(worked(), provider.get_meter("test"))
    parts = {"count": "{measurement}", "sum": "s", "bucket": "{measurement}"}
    assert {name: unit for name, (unit, _) in observed(reader).items()} == {
        "policy.gate.cost": "",
        "policy.gate.decisions": "{decision}",
        "policy.gate.entries": "{entry}",
        "policy.gate.observed": "{decision}",
        "policy.gate.outcomes": "{outcome}",
        "policy.gate.people": "{entry}",
        "policy.gate.rules": "{decision}",
        "policy.gate.shadowed": "{decision}",
        "policy.gate.suspensions": "{entry}",
        "policy.gate.validations": "{validation}",
        **{f"policy.gate.{name}.{part}": u for name in HISTOGRAMS for part, u in parts.items()},
    }


def test_opentelemetry_counts_as_the_snapshot_does(
    reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    metrics = worked()
    metrics_opentelemetry.register(metrics, provider.get_meter("test"))
    allowed = frozenset({**OTEL_WHO, "policy.outcome": "allow"}.items())
    assert observed(reader)["policy.gate.decisions"][1][allowed] == 2
    assert observed(reader)["policy.gate.cost"][1] == {frozenset(OTEL_WHO.items()): 0.2}
    perform(metrics, "e")
    assert observed(reader)["policy.gate.decisions"][1][allowed] == 3


def test_opentelemetry_gets_buckets_as_prometheus_has_them(
    reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    metrics_opentelemetry.register(worked(), provider.get_meter("test"))
    found, own = observed(reader), frozenset(OTEL_WHO.items())
    assert found["policy.gate.call.count"][1] == {own: 2}
    assert found["policy.gate.call.sum"][1] == {own: 90.04}
    buckets = {str(dict(key)["le"]): n for key, n in found["policy.gate.call.bucket"][1].items()}
    assert [buckets[edge] for edge in ("0.025", "0.05", "60.0", "+Inf")] == [0, 1, 1, 2]


def test_opentelemetry_is_not_told_what_is_not_known(
    reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    metrics = Metrics()
    metrics("decided", decided("a", attributes={}))
    metrics("intent", intent("a"))
    metrics_opentelemetry.register(metrics, provider.get_meter("test"))
    ((attributes, _),) = observed(reader)["policy.gate.decisions"][1].items()
    assert dict(attributes) == {
        "policy.task": "pay",
        "policy.agent": "bot-7",
        "policy.outcome": "allow",
    }


# --- where an extra is missing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "module", "extra"),
    [
        ("prometheus_client", "metrics_prometheus", "prometheus"),
        ("opentelemetry", "metrics_opentelemetry", "opentelemetry"),
    ],
)
def test_a_missing_extra_is_named(library: str, module: str, extra: str) -> None:
    """And metrics need neither library."""
    code = (
        "import sys\n"
        f"sys.modules[{library!r}] = None\n"
        "from policy_engine import Metrics\n"
        "print(Metrics().snapshot().total('entries'))\n"
        "try:\n"
        f"    import policy_engine.runtime.{module}\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("0\nmetrics for ")
    assert done.stdout.endswith(f"pip install 'agent-policy-engine[{extra}]'\n")


def test_metrics_alone_load_no_library_of_the_field() -> None:
    code = (
        "import sys; from policy_engine import Metrics; Metrics();"
        "print([m for m in ('prometheus_client', 'opentelemetry') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
