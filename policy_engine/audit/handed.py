"""What was handed to people: by the role that was asked, by who answered, and the user's own yes.

An ask counts once, with what came of it by the last entry. An action may be asked of several
roles, so asks are not actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy_engine.audit.measures import Spread
from policy_engine.audit.story import Ask, Standing, Story
from policy_engine.decision.codes import NOBODY_ANSWERED


@dataclass(frozen=True, slots=True)
class Asked:
    """What one role was asked. The five endings add up to `asks`."""

    role: str
    asks: int
    signed: int
    """Every signature that was needed was given."""
    rejected: int
    unanswered: int
    """The time to answer ran out, and the action was refused."""
    dropped: int
    """Nobody is asked any more: the action ended otherwise, or policy or facts changed."""
    waits: int
    oldest: datetime | None
    """Of those that wait, when the first was asked."""
    waiting: Spread | None
    """From the ask to the last signature, the no, or the end of the time."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed or rejected, and how long these answers took."""

    name: str
    signed: int
    rejected: int
    waiting: Spread | None


@dataclass(frozen=True, slots=True)
class Confirmations:
    """The yes of those for whom something was done: actions, and how many people they were."""

    given: int
    people: int
    missing: int
    """Actions that wait for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whether people were told that they are asked."""

    asks: int
    """Of which a notice was delivered."""
    delivered: int
    """Notices of any kind, over any channel."""
    given_up: int
    waiting: Spread | None
    """From the ask to the first notice of it."""


def asked(stories: Iterable[Story]) -> tuple[Asked, ...]:
    """By role, the most asked first."""
    ends: dict[str, Counter[str]] = {}
    waits: dict[str, list[timedelta | None]] = {}
    since: dict[str, list[datetime]] = {}
    for story in stories:
        for ask in story.open_asks:
            since.setdefault(ask.role, []).append(ask.since)
        for ask in story.asks:
            ends.setdefault(ask.role, Counter())[_ending(ask, story)] += 1
            waits.setdefault(ask.role, []).append(_waited(ask, story))
    found = [
        Asked(
            role=role,
            asks=count.total(),
            signed=count["signed"],
            rejected=count["rejected"],
            unanswered=count["unanswered"],
            dropped=count["dropped"],
            waits=count["waits"],
            oldest=min(since.get(role, ()), default=None),
            waiting=Spread.of(waits[role]),
        )
        for role, count in ends.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.asks, one.role)))


def people(stories: Iterable[Story]) -> tuple[Person, ...]:
    """By person, who answered most first."""
    signed, rejected = Counter[str](), Counter[str]()
    waits: dict[str, list[timedelta | None]] = {}
    for story in stories:
        for approval in story.approvals:
            signed[approval.by] += 1
            waits.setdefault(approval.by, []).append(approval.waited)
        if story.rejection is not None:
            rejected[story.rejection.by] += 1
            waits.setdefault(story.rejection.by, []).append(story.waited)
    found = [
        Person(name, signed[name], rejected[name], Spread.of(spans))
        for name, spans in waits.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.signed - one.rejected, one.name)))


def confirmations(stories: Iterable[Story]) -> Confirmations:
    """Who said yes, and where that is still missing."""
    told = tuple(stories)
    given = [story.confirmation.by for story in told if story.confirmation is not None]
    missing = sum(story.standing is Standing.WAITS and story.unconfirmed for story in told)
    return Confirmations(len(given), len(set(given)), missing)


def notified(stories: Iterable[Story]) -> Told:
    """What the record says of notices about these actions."""
    delivered = given_up = 0
    waits: list[timedelta | None] = []
    for story in stories:
        if story.notices:
            given_up += sum(notice.problem is not None for notice in story.notices)
            delivered += sum(notice.problem is None for notice in story.notices)
            firsts = (min((n.at for n in story.told(a)), default=None) for a in story.asks)
            pairs = zip(story.asks, firsts, strict=True)
            waits += [first - ask.since for ask, first in pairs if first is not None]
    return Told(len(waits), delivered, given_up, Spread.of(waits))


def _ending(ask: Ask, story: Story) -> str:
    if ask.lapsed:
        return "dropped"
    if ask.passed is not None:
        return "unanswered"
    if not ask.missing:
        return "signed"
    if story.rejection is not None:
        return "rejected"
    if story.standing is Standing.WAITS:
        return "waits"
    return "unanswered" if _ran_out(ask, story) else "dropped"


def _ran_out(ask: Ask, story: Story) -> bool:
    return any(r.code == NOBODY_ANSWERED.id and r.rule == ask.rule for r in story.reasons)


def _waited(ask: Ask, story: Story) -> timedelta | None:
    until = _until(ask, story)
    return None if until is None else until - ask.since


def _until(ask: Ask, story: Story) -> datetime | None:
    match _ending(ask, story):
        case "signed":
            return max(approval.at for approval in ask.signed)
        case "rejected":
            return story.rejection.at if story.rejection else None
        case "unanswered" if ask.passed is not None:
            return ask.passed
        case "unanswered":
            return min(ask.due, story.ended) if story.ended else ask.due
        case _:
            return None
