"""What happened, in groups: by task, agent, rule, policy version, person and over time.

An action counts once, in the period in which it was proposed, and with what became of it up to
the last entry, even after the period's end. For rules it counts by its latest decision: an
action that was decided three times, because it waited for two people, is one action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.handed import (
    Asked,
    Confirmations,
    Person,
    Told,
    asked,
    confirmations,
    notified,
    people,
)
from policy_engine.audit.measures import Metrics, Tally, metrics
from policy_engine.audit.operations import Operations
from policy_engine.audit.period import Period, Timeline, timeline
from policy_engine.audit.reading import file_of
from policy_engine.audit.story import NOT_RECORDED, Reason, Story
from policy_engine.decision.codes import CODES
from policy_engine.ledger.record import Record


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that share a task or a principal."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class RuleUse:
    """How often a rule decided, or a refusal that needs no rule (then `rule` is None)."""

    key: str
    """What tells it from other rules, also from one of its name in another policy."""
    rule: str | None
    code: str
    title: str
    place: str | None
    decided: Mapping[str, int]
    """Actions by outcome of their latest decision: allow, validate, escalate, deny."""
    asked: int
    """Actions that it ever held for people, also those that have gone on since."""

    @property
    def total(self) -> int:
        return sum(self.decided.values())

    @property
    def refused(self) -> int:
        """Actions that it refused, also for a validation that is missing or failed."""
        return self.decided.get("deny", 0) + self.decided.get("validate", 0)

    @property
    def stopped(self) -> int:
        """Actions that it refused or held."""
        return self.refused + self.asked


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy set by its digest: the files of its rules that decided, and when it decided."""

    name: str
    files: tuple[str, ...]
    """As the record has them, without folders."""
    first: datetime
    last: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a report says about what happened."""

    period: Period
    zone: tzinfo
    entries: int
    unreadable: int
    """Entries whose time or action cannot be read; they are counted nowhere else."""
    set_back: int
    """Entries whose time lies before that of the entry before them."""
    sessions: int
    """Conversations; those of sub-agents are part of them."""
    branches: int
    """Sessions of sub-agents."""
    last: datetime | None
    """The time of the latest entry, which is how far the stories go."""
    stories: tuple[Story, ...]
    tally: Tally
    metrics: Metrics
    tasks: tuple[Group, ...]
    agents: tuple[Group, ...]
    policies: tuple[PolicyVersion, ...]
    rules: tuple[RuleUse, ...]
    observed: tuple[RuleUse, ...]
    """What rules under observation would have done; it is in no other figure."""
    asked: tuple[Asked, ...]
    people: tuple[Person, ...]
    confirmations: Confirmations
    told: Told
    operations: Operations
    timeline: Timeline


EVER = Period()


def summarise(records: Iterable[Record], *, period: Period = EVER, zone: tzinfo = UTC) -> Summary:
    """What the entries say about the actions that were proposed in the period.

    Days begin at midnight of `zone`.
    """
    chronicle = Chronicle()
    for record in records:
        chronicle.add(record)
    return summary_of(chronicle, period, zone)


def summary_of(chronicle: Chronicle, period: Period, zone: tzinfo) -> Summary:
    """The summary of entries that have been read already."""
    stories = tuple(story for story in chronicle.stories() if story.proposed in period)
    return Summary(
        period=period,
        zone=zone,
        entries=chronicle.entries,
        unreadable=chronicle.unreadable,
        set_back=chronicle.set_back,
        sessions=sum(opened in period for opened in chronicle.sessions),
        branches=sum(opened in period for opened in chronicle.branches),
        last=chronicle.last,
        stories=stories,
        tally=Tally.of(stories),
        metrics=metrics(stories),
        tasks=_groups(stories, lambda story: story.task),
        agents=_groups(stories, lambda story: story.principal),
        policies=_policies(stories),
        rules=_rules(stories),
        observed=_observed(stories),
        asked=asked(stories),
        people=people(stories),
        confirmations=confirmations(stories),
        told=notified(stories),
        operations=chronicle.logbook.operations(period, stories),
        timeline=timeline(stories, zone),
    )


def _groups(stories: Iterable[Story], name: Callable[[Story], str]) -> tuple[Group, ...]:
    """Largest first."""
    groups = [Group(found, Tally.of(told)) for found, told in _by(stories, name).items()]
    return tuple(sorted(groups, key=lambda group: (-group.tally.total, group.name)))


def _policies(stories: Iterable[Story]) -> tuple[PolicyVersion, ...]:
    """The one that decided first comes first."""
    versions = []
    for digest, told in _by(stories, lambda story: story.policy or NOT_RECORDED).items():
        places = {reason.place for story in told for reason in story.reasons if reason.rule}
        files = tuple(sorted({file_of(place) for place in places if place}))
        first, last = told[0].proposed, max(story.proposed for story in told)
        versions.append(PolicyVersion(digest, files, first, last, Tally.of(told)))
    return tuple(sorted(versions, key=lambda version: (version.first, version.name)))


def _by(stories: Iterable[Story], name: Callable[[Story], str]) -> dict[str, list[Story]]:
    members: dict[str, list[Story]] = {}
    for story in stories:
        members.setdefault(name(story), []).append(story)
    return members


@dataclass(slots=True)
class _Use:
    reason: Reason
    decided: dict[str, int] = field(default_factory=dict)
    asked: int = 0


def _rules(stories: Iterable[Story]) -> tuple[RuleUse, ...]:
    """What decided, and what held actions for people."""
    uses: dict[str, _Use] = {}
    for story in stories:
        _count(uses, story.reasons)
        for ask in story.asks:
            reason = ask.reason or _nothing_known(ask.rule)
            uses.setdefault(ask.key, _Use(reason)).asked += 1
    return _ordered(uses)


def _observed(stories: Iterable[Story]) -> tuple[RuleUse, ...]:
    """What rules under observation would have done."""
    uses: dict[str, _Use] = {}
    for story in stories:
        _count(uses, story.observed)
    return _ordered(uses)


def _count(uses: dict[str, _Use], reasons: tuple[Reason, ...]) -> None:
    """Counts one action once for each rule."""
    for key, reason in {reason.key: reason for reason in reasons}.items():
        use = uses.setdefault(key, _Use(reason))
        use.reason = reason
        use.decided[reason.outcome] = use.decided.get(reason.outcome, 0) + 1


def _ordered(uses: Mapping[str, _Use]) -> tuple[RuleUse, ...]:
    found = [_rule_use(key, use) for key, use in uses.items()]
    return tuple(sorted(found, key=lambda use: (-use.total, -use.asked, use.rule or "", use.code)))


def _rule_use(key: str, use: _Use) -> RuleUse:
    reason = use.reason
    title = reason.title if reason.rule else _SUMMARIES.get(reason.code, reason.title)
    place = reason.place if reason.rule else None
    decided = MappingProxyType(use.decided)
    return RuleUse(key, reason.rule, reason.code, title, place, decided, use.asked)


_SUMMARIES = {code.id: code.summary for code in CODES}
"""What stands for many refusals that no rule is the reason of; their titles name the action."""


def _nothing_known(rule: str) -> Reason:
    return Reason("", "escalate", rule, NOT_RECORDED, None, (), None, None)
