"""What happened, in groups: by task, agent, rule, policy version, person and over time.

An action counts once, in the period in which it was proposed, and with what became of it up to
the last entry, even after the period's end. For rules it counts by its latest decision: an
action that was decided three times, because it waited for two people, is one action.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType

from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.measures import Metrics, Spread, Tally, metrics
from policy_engine.audit.period import Period, Timeline, timeline
from policy_engine.audit.story import NOT_RECORDED, Reason, Story
from policy_engine.decision.codes import CODES
from policy_engine.ledger.chain import Record


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that share a task, a principal or a policy version."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class RuleUse:
    """How often a rule decided, or a refusal that needs no rule (then `rule` is None)."""

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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed or rejected, and how long these answers took."""

    name: str
    signed: int
    rejected: int
    waiting: Spread | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a report says about what happened."""

    period: Period
    zone: tzinfo
    entries: int
    unreadable: int
    """Entries whose time or action cannot be read; they are counted nowhere else."""
    sessions: int
    last: datetime | None
    """The time of the latest entry, which is how far the stories go."""
    stories: tuple[Story, ...]
    tally: Tally
    metrics: Metrics
    tasks: tuple[Group, ...]
    agents: tuple[Group, ...]
    policies: tuple[Group, ...]
    rules: tuple[RuleUse, ...]
    people: tuple[Person, ...]
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
        sessions=sum(opened in period for opened in chronicle.sessions),
        last=chronicle.last,
        stories=stories,
        tally=Tally.of(stories),
        metrics=metrics(stories),
        tasks=_groups(stories, lambda story: story.task),
        agents=_groups(stories, lambda story: story.principal),
        policies=_groups(stories, lambda story: story.policy or NOT_RECORDED),
        rules=_rules(stories),
        people=_people(stories),
        timeline=timeline(stories, zone),
    )


def _groups(stories: Iterable[Story], name: Callable[[Story], str]) -> tuple[Group, ...]:
    """Largest first."""
    members: dict[str, list[Story]] = {}
    for story in stories:
        members.setdefault(name(story), []).append(story)
    groups = [Group(found, Tally.of(told)) for found, told in members.items()]
    return tuple(sorted(groups, key=lambda group: (-group.tally.total, group.name)))


@dataclass(slots=True)
class _Use:
    reason: Reason
    decided: dict[str, int] = field(default_factory=dict)
    asked: int = 0


def _rules(stories: Iterable[Story]) -> tuple[RuleUse, ...]:
    uses: dict[str, _Use] = {}
    for story in stories:
        for key, reason in {_key(reason): reason for reason in story.reasons}.items():
            use = uses.setdefault(key, _Use(reason))
            use.reason = reason
            use.decided[reason.outcome] = use.decided.get(reason.outcome, 0) + 1
        for ask in story.asks:
            reason = ask.reason or _nothing_known(ask.rule)
            uses.setdefault(_key(reason), _Use(reason)).asked += 1
    found = [_rule_use(use) for use in uses.values()]
    return tuple(sorted(found, key=lambda use: (-use.total, -use.asked, use.rule or "", use.code)))


def _rule_use(use: _Use) -> RuleUse:
    reason = use.reason
    title = reason.title if reason.rule else _SUMMARIES.get(reason.code, reason.title)
    place = reason.place if reason.rule else None
    decided = MappingProxyType(use.decided)
    return RuleUse(reason.rule, reason.code, title, place, decided, use.asked)


_SUMMARIES = {code.id: code.summary for code in CODES}
"""What stands for many refusals that no rule is the reason of; their titles name the action."""


def _key(reason: Reason) -> str:
    return f"rule {reason.rule}" if reason.rule else f"code {reason.code}"


def _nothing_known(rule: str) -> Reason:
    return Reason("", "escalate", rule, NOT_RECORDED, None, (), None, None)


def _people(stories: Iterable[Story]) -> tuple[Person, ...]:
    signed, rejected = Counter[str](), Counter[str]()
    waits: dict[str, list[timedelta | None]] = {}
    for story in stories:
        for approval in story.approvals:
            signed[approval.by] += 1
            waits.setdefault(approval.by, []).append(approval.waited)
        if story.rejection is not None:
            rejected[story.rejection.by] += 1
            waits.setdefault(story.rejection.by, []).append(story.waited)
    people = [
        Person(name, signed[name], rejected[name], Spread.of(spans))
        for name, spans in waits.items()
    ]
    return tuple(sorted(people, key=lambda p: (-p.signed - p.rejected, p.name)))
