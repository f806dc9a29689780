"""Which stretch of the past is asked about, and how it is cut into even pieces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from policy_engine.audit.measures import Tally
from policy_engine.audit.story import Story

MOST_BUCKETS = 30
_STEPS = (
    *(timedelta(minutes=n) for n in (1, 5, 15)),
    *(timedelta(hours=n) for n in (1, 3, 6)),
    *(timedelta(days=n) for n in (1, 2, 7, 28, 91, 364)),
)

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant (included) until another (not included); None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def __contains__(self, at: datetime) -> bool:
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The actions that were proposed in one piece of the period."""

    start: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class Timeline:
    """Buckets in order, without gaps; `step` is the length of each. Empty where nothing was."""

    step: timedelta
    buckets: tuple[Bucket, ...]


def timeline(stories: Iterable[Story], zone: tzinfo) -> Timeline:
    """Actions by the time of their proposal, in the finest step that needs few enough buckets.

    Buckets begin at round times of the zone's clocks, which are reckoned with as if they were
    UTC, so that no step has a gap; where clocks are put back, the hour that comes twice is one.
    """
    told = tuple(stories)
    times = [story.proposed.astimezone(zone).replace(tzinfo=UTC) for story in told]
    if not told:
        return Timeline(_STEPS[0], ())
    step = _step(min(times), max(times))
    pieces: dict[int, list[Story]] = {}
    for at, story in zip(times, told, strict=True):
        pieces.setdefault(_piece(at, step), []).append(story)
    return Timeline(step, _buckets(pieces, step, zone))


def _buckets(
    pieces: Mapping[int, list[Story]], step: timedelta, zone: tzinfo
) -> tuple[Bucket, ...]:
    return tuple(
        Bucket((_MONDAY + piece * step).replace(tzinfo=zone), Tally.of(pieces.get(piece, ())))
        for piece in range(min(pieces), max(pieces) + 1)
    )


def _step(first: datetime, last: datetime) -> timedelta:
    for step in _STEPS:
        if _piece(last, step) - _piece(first, step) < MOST_BUCKETS:
            return step
    step = _STEPS[-1]
    while _piece(last, step) - _piece(first, step) >= MOST_BUCKETS:
        step *= 2
    return step


def _piece(at: datetime, step: timedelta) -> int:
    """The number of the piece; counted from a Monday at midnight."""
    return (at - _MONDAY) // step
