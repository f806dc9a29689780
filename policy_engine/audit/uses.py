"""How the rules of one policy version were used, by what the record says. No rule, no entry.

Relies on the stories of a period; counts only actions that this very version decided last. An
action that another version decided last is counted apart: a rule of the same name may have said
something else there. A rule that restricts leaves a trace where it refused or held an action, not
where it was met; `in_reach` says for how many actions it was asked at all. A validation or the
user's yes is put down to a rule only where no other rule asks for the same of the same task.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from policy_engine.audit.measures import Spread
from policy_engine.audit.story import Story
from policy_engine.decision.outcome import Outcome
from policy_engine.language.policy import PolicySet, Rule, Waiver

_MOST_SAMPLES = 4


@dataclass(frozen=True, slots=True)
class Waived:
    """An exception to a rule, and how often people were asked to make it."""

    name: str
    title: str | None
    place: str
    until: datetime
    approved_by: str
    asked: int
    signed: int
    """Signatures for it."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a rule did. All numbers but `signed` are actions."""

    in_reach: int
    """Of its tasks, whoever proposed them."""
    applied: int
    """On which it had an effect that the record shows: one of those that follow, each once."""
    let_pass: int
    refused: int
    """Also for a validation or a yes that was missing."""
    asked: int
    """That it ever held for people, also those that went on since."""
    signed: int
    """Signatures that people gave for it."""
    rejected: int
    """Of those that it held, how many a person rejected."""
    checked: int
    """On which the validations ran that it alone requires."""
    confirmed: int
    """To which the user said the yes that it alone requires."""
    would: int
    """That it would have refused or held, while it was under observation."""
    waiting: Spread | None
    """From the ask to each signature."""
    exceptions: tuple[Waived, ...]
    elsewhere: int
    """Under other versions of the policy, for which a rule of this name decided."""
    samples: tuple[Story, ...]
    """Of each kind the newest."""


@dataclass(slots=True)
class _Counted:
    """The actions of one rule or exception, by what it did, while stories are read."""

    by: dict[str, dict[int, Story]] = field(default_factory=lambda: defaultdict(dict))
    elsewhere: int = 0

    def add(self, what: str, story: Story) -> None:
        self.by[what][story.entry] = story

    def stories(self, what: str) -> Sequence[Story]:
        return tuple(self.by[what].values()) if what in self.by else ()

    def number(self, what: str) -> int:
        return len(self.stories(what))


_LET_PASS, _REFUSED, _ASKED, _SIGNED, _WOULD = "let pass", "refused", "asked", "signed", "would"
_CHECKED, _CONFIRMED = "checked", "confirmed"
_EFFECTS = (_REFUSED, _SIGNED, _ASKED, _CHECKED, _CONFIRMED, _LET_PASS)
"""In the order in which samples are taken."""


def uses(policy: PolicySet, stories: Iterable[Story]) -> Mapping[str, Use]:
    """Every rule of the policy by name, and what it did to these actions."""
    told = tuple(stories)
    own = [story for story in told if story.policy == policy.digest]
    found: dict[str, _Counted] = defaultdict(_Counted)
    for story in own:
        _reasons(story, found)
        _people(story, found)
    for story in told:
        if story.policy != policy.digest:
            for name in _named(story):
                found[name].elsewhere += 1
    _checks(policy, own, found)
    reach = Counter(story.task for story in own)
    return {name: _use(rule, policy, found, reach) for name, rule in policy.rules.items()}


def _named(story: Story) -> set[str]:
    """The rules that decided, or because of which people were asked."""
    return {ask.rule for ask in story.asks} | {r.rule for r in story.reasons if r.rule is not None}


def _reasons(story: Story, found: dict[str, _Counted]) -> None:
    for reason in story.reasons:
        if reason.rule is None:
            continue
        if reason.outcome == Outcome.ALLOW.word:
            found[reason.rule].add(_LET_PASS, story)
        elif reason.outcome in (Outcome.DENY.word, Outcome.VALIDATE.word):
            found[reason.rule].add(_REFUSED, story)
    for reason in story.observed:
        if reason.rule is not None and reason.outcome != Outcome.ALLOW.word:
            found[reason.rule].add(_WOULD, story)


def _people(story: Story, found: dict[str, _Counted]) -> None:
    for ask in story.asks:
        found[ask.rule].add(_ASKED, story)
    for approval in story.approvals:
        found[approval.rule].add(_SIGNED, story)


def _checks(policy: PolicySet, own: Sequence[Story], found: dict[str, _Counted]) -> None:
    requiring: dict[tuple[str, str], list[str]] = defaultdict(list)
    confirming: dict[str, list[str]] = defaultdict(list)
    for rule in policy.rules.values():
        for task in rule.tasks:
            for validation in rule.validations:
                requiring[task, validation].append(rule.name)
            if rule.form == "confirm":
                confirming[task].append(rule.name)
    for story in own:
        for ran in story.validations:
            _put_down(requiring.get((story.task, ran.name), ()), _CHECKED, story, found)
        if story.confirmation is not None:
            _put_down(confirming.get(story.task, ()), _CONFIRMED, story, found)


def _put_down(rules: Sequence[str], what: str, story: Story, found: dict[str, _Counted]) -> None:
    if len(rules) == 1:
        found[rules[0]].add(what, story)


def _use(
    rule: Rule, policy: PolicySet, found: Mapping[str, _Counted], reach: Mapping[str, int]
) -> Use:
    own = found.get(rule.name) or _Counted()
    waivers = sorted(
        (waiver for waiver in policy.waivers.values() if waiver.rule == rule.name),
        key=lambda waiver: waiver.name,
    )
    asked = own.stories(_ASKED)
    effects = {s.entry for what in _EFFECTS for s in own.stories(what)}
    waived = [found.get(waiver.name) or _Counted() for waiver in waivers]
    effects |= {s.entry for one in waived for what in _EFFECTS for s in one.stories(what)}
    signed = _signatures(own.stories(_SIGNED), rule.name)
    return Use(
        in_reach=sum(reach.get(task, 0) for task in rule.tasks),
        applied=len(effects),
        let_pass=own.number(_LET_PASS),
        refused=own.number(_REFUSED),
        asked=len(asked),
        signed=len(signed),
        rejected=sum(story.rejection is not None for story in asked),
        checked=own.number(_CHECKED),
        confirmed=own.number(_CONFIRMED),
        would=own.number(_WOULD),
        waiting=Spread.of(signed),
        exceptions=tuple(map(_waived, waivers, waived)),
        elsewhere=own.elsewhere,
        samples=_samples(own, *waived),
    )


def _waived(waiver: Waiver, counted: _Counted) -> Waived:
    return Waived(
        name=waiver.name,
        title=waiver.title,
        place=waiver.span.place,
        until=waiver.until,
        approved_by=waiver.approved_by,
        asked=counted.number(_ASKED),
        signed=len(_signatures(counted.stories(_SIGNED), waiver.name)),
    )


def _signatures(stories: Iterable[Story], rule: str) -> list[timedelta | None]:
    """How long each signature for a rule took."""
    return [a.waited for story in stories for a in story.approvals if a.rule == rule]


def _samples(*counted: _Counted) -> tuple[Story, ...]:
    """The newest of each effect, no action twice."""
    chosen: dict[int, Story] = {}
    for one in counted:
        for what in _EFFECTS:
            for story in one.stories(what)[-1:]:
                chosen.setdefault(story.entry, story)
    return tuple(chosen.values())[:_MOST_SAMPLES]
