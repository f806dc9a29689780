"""Counts, shares and spans of time: exact, and None where there was nothing to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from policy_engine.audit.story import CARRIED_OUT, Standing, Story
from policy_engine.runtime.executors import Recorded


@dataclass(frozen=True, slots=True)
class Tally:
    """How many actions stand where. Every standing is there."""

    counts: Mapping[Standing, int]

    @classmethod
    def of(cls, stories: Iterable[Story]) -> Tally:
        counted = Counter(story.standing for story in stories)
        return cls(MappingProxyType({standing: counted[standing] for standing in Standing}))

    def __getitem__(self, standing: Standing) -> int:
        return self.counts[standing]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def ran(self) -> int:
        """Executed, whether or not people signed or said yes before."""
        return sum(self.counts[standing] for standing in CARRIED_OUT)

    @property
    def succeeded(self) -> int:
        """Executed, and the output was released."""
        return self.ran - self.counts[Standing.WITHHELD]

    @property
    def stopped(self) -> int:
        """Refused by the policy or rejected by a person."""
        return self.counts[Standing.REFUSED] + self.counts[Standing.REJECTED]

    @property
    def started(self) -> int:
        """Allowed and begun, however that ended."""
        return self.ran + self.counts[Standing.FAILED] + self.counts[Standing.UNKNOWN]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Rounded, but 100 means all and 0 means none; None of nothing."""
        if not self.whole:
            return None
        rounded = (self.part * 200 + self.whole) // (self.whole * 2)
        return rounded if self.part in (0, self.whole) else min(99, max(1, rounded))


@dataclass(frozen=True, slots=True)
class Spread:
    """Spans of time in short."""

    count: int
    median: timedelta
    longest: timedelta

    @classmethod
    def of(cls, spans: Iterable[timedelta | None]) -> Spread | None:
        """None where there is none."""
        known = sorted(span for span in spans if span is not None)
        if not known:
            return None
        low, high = known[(len(known) - 1) // 2], known[len(known) // 2]
        return cls(len(known), (low + high) / 2, known[-1])


@dataclass(frozen=True, slots=True)
class Metrics:
    """The run in a few figures."""

    proposed: int
    success: Share
    """Of the actions that were begun with a tool: giving back a recorded output is no success."""
    errors: Share
    """Of the same: failed, ended nobody knows how, or gave an output that was withheld."""
    unattended: Share
    """Of those that ran, how many did so without anybody's signature or yes."""
    validations: Share
    """Of the validations that ran, how many passed."""
    waiting: Spread | None
    """By action, from the first ask to people's last word."""
    turnaround: Spread | None
    """From proposal to execution."""
    tools: Spread | None
    """How long the tools took."""


def metrics(stories: Iterable[Story]) -> Metrics:
    """The figures of these actions."""
    told = tuple(stories)
    tally = Tally.of(told)
    called = Tally.of(story for story in told if story.performed_by != Recorded.name)
    checks = [validation.passed for story in told for validation in story.validations]
    times = [s.milliseconds for s in told if s.milliseconds is not None]
    return Metrics(
        proposed=tally.total,
        success=Share(called.succeeded, called.started),
        errors=Share(called.started - called.succeeded, called.started),
        unattended=Share(tally[Standing.RAN], tally.ran),
        validations=Share(sum(checks), len(checks)),
        waiting=Spread.of(story.waited for story in told),
        turnaround=Spread.of(story.turnaround for story in told),
        tools=Spread.of(timedelta(milliseconds=time) for time in times),
    )
