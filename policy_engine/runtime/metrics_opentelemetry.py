"""Metrics for OpenTelemetry. Needs the extra `opentelemetry`.

The instruments are observed: whoever exports gets the numbers as they stand then. OpenTelemetry
observes no histograms, so each one is three counters here: `.count`, `.sum`, and `.bucket`, whose
attribute `le` is a bound in seconds up to which it counts, as Prometheus has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policy_engine.foundation.version import VERSION
from policy_engine.runtime.instruments import Distributions, Instrument, Labels
from policy_engine.runtime.metrics import Metrics

try:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
except ImportError as error:
    raise ImportError(
        "metrics for OpenTelemetry need its interface: "
        "pip install 'agent-policy-engine[opentelemetry]'"
    ) from error

_PREFIX = "policy.gate."
_ATTRIBUTE = "policy."

_Callback = Callable[[CallbackOptions], Iterable[Observation]]
_Read = Callable[[Distributions], Iterator[Observation]]


def register(metrics: Metrics, meter: Meter | None = None) -> None:
    """Makes the instruments of a meter, by default one of the global provider.

    Names are `policy.gate.decisions` and so on, attributes `policy.task` and so on; what is not
    told is left out. A provider keeps its instruments, so call this once for it.
    """
    meter = get_meter("policy_engine", VERSION) if meter is None else meter
    snapshot = metrics.snapshot()
    for counts in snapshot.counters.values():
        instrument = counts.instrument
        meter.create_observable_counter(
            _PREFIX + instrument.name,
            [_counting(metrics, instrument)],
            unit=f"{{{instrument.unit}}}" if instrument.unit else "",
            description=instrument.help,
        )
    for all_ in snapshot.histograms.values():
        instrument = all_.instrument
        for part, unit, read in _PARTS:
            meter.create_observable_counter(
                f"{_PREFIX}{instrument.name}.{part}",
                [_measuring(metrics, instrument, read)],
                unit=unit,
                description=instrument.help,
            )


def _counting(metrics: Metrics, instrument: Instrument) -> _Callback:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        for labels, value in metrics.snapshot().counters[instrument.name].values.items():
            number = value if isinstance(value, int) else float(value)
            yield Observation(number, _attributes(instrument, labels))

    return observe


def _measuring(metrics: Metrics, instrument: Instrument, read: _Read) -> _Callback:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        return read(metrics.snapshot().histograms[instrument.name])

    return observe


def _counts(all_: Distributions) -> Iterator[Observation]:
    for labels, distribution in all_.values.items():
        yield Observation(distribution.count, _attributes(all_.instrument, labels))


def _sums(all_: Distributions) -> Iterator[Observation]:
    for labels, distribution in all_.values.items():
        yield Observation(distribution.sum, _attributes(all_.instrument, labels))


def _buckets(all_: Distributions) -> Iterator[Observation]:
    for labels, distribution in all_.values.items():
        attributes = _attributes(all_.instrument, labels)
        for edge, count in zip(all_.edges, distribution.cumulative, strict=True):
            yield Observation(count, {**attributes, "le": edge})


def _attributes(instrument: Instrument, labels: Labels) -> dict[str, str]:
    named = zip(instrument.labels, labels, strict=True)
    return {_ATTRIBUTE + name: value for name, value in named if value}


_PARTS: tuple[tuple[str, str, _Read], ...] = (
    ("count", "{measurement}", _counts),
    ("sum", "s", _sums),
    ("bucket", "{measurement}", _buckets),
)
