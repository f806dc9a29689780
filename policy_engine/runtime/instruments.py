"""What metrics are made of: counters, histograms, and a snapshot of them as plain data.

A label is *told* where its values come from policies, hosts and agents, and *closed* where the gate
itself has only a few words for it. An instrument keeps so many sets of told labels and no more:
whatever comes later is counted under `(other)`, so nothing is lost and nothing grows without end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import accumulate
from types import MappingProxyType

OTHER = "(other)"
"""The value of all told labels of what found no room of its own."""

Labels = tuple[str, ...]
"""The values of an instrument's labels, in their order."""

_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is counted or measured."""

    name: str
    unit: str
    """One of what is counted, such as `decision`; `second`; empty where only the host knows."""
    help: str
    told: Labels = ()
    closed: Labels = ()

    @property
    def labels(self) -> Labels:
        """The names of its labels."""
        return self.told + self.closed


@dataclass(frozen=True, slots=True)
class Counts:
    """A counter at one moment."""

    instrument: Instrument
    values: Mapping[Labels, int | Decimal]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How long something took: how often between two bounds each, and longer than the last."""

    counts: tuple[int, ...]
    sum: float
    """Seconds altogether."""

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def cumulative(self) -> tuple[int, ...]:
        """How often up to each bound, what lay below it included; last, how often altogether."""
        return tuple(accumulate(self.counts))


@dataclass(frozen=True, slots=True)
class Distributions:
    """A histogram at one moment."""

    instrument: Instrument
    bounds: tuple[float, ...]
    """Upper bounds in seconds, each included; there is one more count than bounds."""
    values: Mapping[Labels, Distribution]

    @property
    def edges(self) -> tuple[str, ...]:
        """The bounds as text, and `+Inf` for what is longer than the last."""
        return (*map(str, self.bounds), "+Inf")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All instruments at one moment, by their names."""

    counters: Mapping[str, Counts]
    histograms: Mapping[str, Distributions]

    def total(self, name: str, **labels: str) -> int | Decimal:
        """The sum of a counter over all label sets with these labels; of a histogram, how often.

        Raises `KeyError` for an instrument or a label that does not exist.
        """
        found = self.counters.get(name)
        if found is not None:
            return _sum(found.instrument, found.values, labels)
        measured = self.histograms[name]
        often = {own: distribution.count for own, distribution in measured.values.items()}
        return _sum(measured.instrument, often, labels)

    def as_json(self) -> dict[str, object]:
        """The same as plain JSON: durations are numbers of seconds, costs are text."""
        return {
            **{name: _counts_json(counts) for name, counts in self.counters.items()},
            **{name: _distributions_json(all_) for name, all_ in self.histograms.items()},
        }


class Counter:
    """Adds up. Not thread-safe by itself."""

    def __init__(self, instrument: Instrument, most: int) -> None:
        self._instrument = instrument
        self._room = _Room(instrument, most)
        self._values: dict[Labels, int] = {}

    def add(self, labels: Labels) -> None:
        """Counts one more."""
        values = self._values
        try:
            values[labels] += 1
        except KeyError:
            labels = self._room.place(labels)
            values[labels] = values.get(labels, 0) + 1

    def read(self) -> Counts:
        return Counts(self._instrument, MappingProxyType(dict(self._values)))


class Amounts:
    """Adds up amounts, exactly. Not thread-safe by itself."""

    def __init__(self, instrument: Instrument, most: int) -> None:
        self._instrument = instrument
        self._room = _Room(instrument, most)
        self._values: dict[Labels, Decimal] = {}

    def add(self, labels: Labels, amount: Decimal) -> None:
        labels = self._room.place(labels)
        self._values[labels] = _EXACT.add(self._values.get(labels, Decimal(0)), amount)

    def read(self) -> Counts:
        return Counts(self._instrument, MappingProxyType(dict(self._values)))


class Histogram:
    """Sorts durations by their length. Not thread-safe by itself."""

    def __init__(self, instrument: Instrument, bounds: tuple[float, ...], most: int) -> None:
        self._instrument = instrument
        self._bounds = bounds
        self._room = _Room(instrument, most)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def add(self, labels: Labels, seconds: float) -> None:
        if labels not in self._counts:
            labels = self._room.place(labels)
            self._counts.setdefault(labels, [0] * (len(self._bounds) + 1))
        self._counts[labels][bisect_left(self._bounds, seconds)] += 1
        self._sums[labels] = self._sums.get(labels, 0.0) + seconds

    def read(self) -> Distributions:
        values = {
            labels: Distribution(tuple(counts), self._sums[labels])
            for labels, counts in self._counts.items()
        }
        return Distributions(self._instrument, self._bounds, MappingProxyType(values))


class _Room:
    """Which label sets have a place of their own: the first so many."""

    def __init__(self, instrument: Instrument, most: int) -> None:
        self._told = len(instrument.told)
        self._most = most
        self._known: set[Labels] = set()

    def place(self, labels: Labels) -> Labels:
        own = labels[: self._told]
        if own not in self._known:
            if len(self._known) >= self._most:
                return (OTHER,) * self._told + labels[self._told :]
            self._known.add(own)
        return labels


def _sum(
    instrument: Instrument, values: Mapping[Labels, int | Decimal], wanted: Mapping[str, str]
) -> int | Decimal:
    places = {name: place for place, name in enumerate(instrument.labels)}
    places_wanted = [(places[name], value) for name, value in wanted.items()]
    total: int | Decimal = 0
    for labels, value in values.items():
        if all(labels[place] == text for place, text in places_wanted):
            total = total + value if isinstance(value, int) else _EXACT.add(value, total)
    return total


def _counts_json(counts: Counts) -> dict[str, object]:
    names = counts.instrument.labels
    values = [
        {
            "labels": dict(zip(names, labels, strict=True)),
            "value": value if isinstance(value, int) else format(value, "f"),
        }
        for labels, value in sorted(counts.values.items())
    ]
    return {"unit": counts.instrument.unit, "values": values}


def _distributions_json(all_: Distributions) -> dict[str, object]:
    names = all_.instrument.labels
    values = [
        {
            "labels": dict(zip(names, labels, strict=True)),
            "counts": list(distribution.counts),
            "count": distribution.count,
            "sum": distribution.sum,
        }
        for labels, distribution in sorted(all_.values.items())
    ]
    return {"unit": all_.instrument.unit, "bounds": list(all_.bounds), "values": values}
