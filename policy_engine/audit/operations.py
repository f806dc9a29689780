"""What people did around the actions: suspended, lent the right to sign, erased, tried a policy.

Relies on nothing but the entries and their order. A suspension begins with the entry that says so
and ends with the next that lifts it by the same name; an action was stopped by it where the latest
decision refused it by that name. A right that was lent ends when it is taken back, or in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from policy_engine.audit.period import Period
from policy_engine.audit.reading import text, whole
from policy_engine.audit.story import NOT_RECORDED, Story
from policy_engine.decision.codes import SUSPENDED
from policy_engine.ledger.record import Record


@dataclass(frozen=True, slots=True)
class Suspension:
    """Somebody or something that could do nothing for a time."""

    name: str
    """`agent bot-7`, `human ann`, `task pay` or `session s-1`."""
    entry: int
    since: datetime
    by: str
    reason: str
    until: datetime | None = None
    """When it was lifted; None while it stands."""
    lifted_by: str | None = None
    lifted_why: str | None = None
    stopped: int = 0
    """Actions of the period that it refused last."""

    @property
    def end(self) -> datetime | None:
        return self.until

    def lasted(self, until: datetime) -> timedelta:
        """How long it stood, or stands by then."""
        return (self.until or until) - self.since


@dataclass(frozen=True, slots=True)
class StandIn:
    """A right to sign that somebody lent to somebody else."""

    role: str
    by: str
    to: str
    domain: str | None
    entry: int
    since: datetime
    until: datetime | None
    reason: str
    taken_back: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """When it ended or will end; None where the record does not say."""
        return min((at for at in (self.until, self.taken_back) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An entry of which nothing is told any more."""

    erased: int | None
    """The number of that entry."""
    entry: int
    at: datetime
    by: str
    reason: str


_T = TypeVar("_T", Suspension, StandIn)


@dataclass(frozen=True, slots=True)
class Operations:
    """All of these, in the order of the record."""

    suspensions: tuple[Suspension, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    shadowed: int = 0
    """How often a policy that was tried beside the live one answered otherwise."""


@dataclass(slots=True)
class Logbook:
    """What the entries have told of it so far."""

    suspensions: list[Suspension] = field(default_factory=list)
    stand_ins: list[StandIn] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)
    shadowed: list[datetime] = field(default_factory=list)

    def take(self, record: Record, at: datetime) -> None:
        """Takes the next entry; what is of no such kind is passed over."""
        tell = _KINDS.get(record.kind)
        if tell is not None:
            tell(self, record, at)

    def operations(self, period: Period, stories: Iterable[Story]) -> Operations:
        """What touches the period; `stories` are the actions of it."""
        return Operations(
            tuple(_stopped(_within(self.suspensions, period), stories)),
            tuple(_within(self.stand_ins, period)),
            tuple(one for one in self.erasures if one.at in period),
            sum(at in period for at in self.shadowed),
        )

    def suspended(self, record: Record, at: datetime) -> None:
        name, by, reason = _said(record.body)
        self.suspensions.append(Suspension(name, record.number, at, by, reason))

    def lifted(self, record: Record, at: datetime) -> None:
        name, by, reason = _said(record.body)
        for place, one in enumerate(self.suspensions):
            if one.name == name and one.until is None:
                ended = replace(one, until=at, lifted_by=by, lifted_why=reason)
                self.suspensions[place] = ended

    def lent(self, record: Record, at: datetime) -> None:
        until = record.body.get("until")
        self.stand_ins.append(
            StandIn(
                *_lent(record.body),
                entry=record.number,
                since=at,
                until=until if isinstance(until, datetime) and until.tzinfo else None,
                reason=text(record.body, "reason") or "",
            )
        )

    def taken_back(self, record: Record, at: datetime) -> None:
        lent = _lent(record.body)
        for place, one in enumerate(self.stand_ins):
            if (one.role, one.by, one.to, one.domain) == lent and one.taken_back is None:
                self.stand_ins[place] = replace(one, taken_back=at)

    def erased(self, record: Record, at: datetime) -> None:
        _, by, reason = _said(record.body)
        number = whole(record.body, "entry")
        self.erasures.append(Erasure(number, record.number, at, by, reason))

    def differed(self, record: Record, at: datetime) -> None:
        self.shadowed.append(at)


_KINDS: Mapping[str, Callable[[Logbook, Record, datetime], None]] = {
    "suspended": Logbook.suspended,
    "lifted": Logbook.lifted,
    "lent": Logbook.lent,
    "taken_back": Logbook.taken_back,
    "erased": Logbook.erased,
    "shadowed": Logbook.differed,
}

KINDS = frozenset(_KINDS)
"""The kinds of entries that tell of it."""


def _said(body: Mapping[str, object]) -> tuple[str, str, str]:
    name, by = text(body, "name") or NOT_RECORDED, text(body, "by") or NOT_RECORDED
    return name, by, text(body, "reason") or ""


def _lent(body: Mapping[str, object]) -> tuple[str, str, str, str | None]:
    role, by, to = (text(body, name) or NOT_RECORDED for name in ("role", "by", "to"))
    return role, by, to, text(body, "domain")


def _within(found: Sequence[_T], period: Period) -> list[_T]:
    """Those that began before the end of the period and ended after its start."""
    return [
        one
        for one in found
        if (period.end is None or one.since < period.end)
        and (period.start is None or one.end is None or one.end >= period.start)
    ]


def _stopped(suspensions: Sequence[Suspension], stories: Iterable[Story]) -> list[Suspension]:
    """The same, with how many actions each refused."""
    refusals = [
        (reason.title, story.ended or story.proposed)
        for story in stories
        for reason in story.reasons
        if reason.code == SUSPENDED.id
    ]
    return [replace(one, stopped=_count(one, refusals)) for one in suspensions]


def _count(one: Suspension, refusals: Sequence[tuple[str, datetime]]) -> int:
    title = f"`{one.name}` is suspended"
    return sum(
        said == title and one.since <= at and (one.until is None or at <= one.until)
        for said, at in refusals
    )
