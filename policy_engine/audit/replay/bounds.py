"""The answer to an action of which something is not known, in three values.

A rule that rests on what is not known may or may not apply. The answer lies between what the rules
come to that surely do and what all come to that may; where these are one, it is sure, else it is
`unknown`. Never is something taken as allowed that might not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policy_engine.audit.replay.cases import Answered
from policy_engine.audit.replay.entries import Entry, input_of
from policy_engine.audit.replay.flips import NUMBERS, UNKNOWN
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.contributions import contributions
from policy_engine.decision.exclusivity import held_by_another
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.program import CompiledRule, Program, TaskRules
from policy_engine.decision.question import Actor, Question
from policy_engine.decision.truth import Truth, Unknown


class _Said(NamedTuple):
    """What one rule, or the action itself, contributes."""

    outcome: Outcome
    rule: str | None
    is_sure: bool
    may_be_settled: bool = False
    """Whether the rule would contribute just this, if it applied."""


def bounded(
    program: Program,
    action: Action,
    circumstances: Circumstances,
    entry: Entry,
) -> Answered:
    """The answer to the action of an entry, of a known task."""
    question = Question(program, action, circumstances)
    every = (_settled(one, entry) for one in _said(program.tasks[action.task], question, entry))
    said = [one for one in every if one is not None]
    if entry.may_misfit:
        said.append(_Said(Outcome.DENY, None, False))
    most = max((one.outcome for one in said), default=Outcome.DENY)
    least = max((one.outcome for one in said if one.is_sure), default=Outcome.ALLOW)
    if most is least:
        rules = {one.rule for one in said if one.outcome is least and one.is_sure}
        return Answered(NUMBERS[least.word], _names(rules))
    return Answered(UNKNOWN, _names({one.rule for one in said if one.outcome > least}))


def _names(rules: set[str | None]) -> tuple[str, ...]:
    return tuple(sorted(rule for rule in rules if rule is not None))


def _settled(one: _Said, entry: Entry) -> _Said | None:
    """What is not sure by itself, but settled by the record: sure, or not there at all."""
    if one.is_sure or not one.may_be_settled or one.rule not in entry.unchanged:
        return one
    return one._replace(is_sure=True) if one.rule in entry.applied else None


def _said(rules: TaskRules, question: Question, entry: Entry) -> Iterator[_Said]:
    for misfit in question.misfits:
        if input_of(misfit.path) not in entry.sealed:
            yield _Said(Outcome.DENY, None, True)
    busy = held_by_another(rules.task, question)
    if busy is not False:
        yield _Said(Outcome.DENY, None, busy is True)
    for actor in question.actors:
        yield from _permitted(rules, actor, entry)
        for compiled in rules.narrowing:
            until = compiled.rule.observe_until
            if until is None or question.circumstances.now >= until:
                yield from _narrowed(compiled, actor, question)


def _permitted(rules: TaskRules, actor: Actor, entry: Entry) -> Iterator[_Said]:
    truths = [
        (compiled.rule.name, _known(compiled.rule.name, actor.meets(compiled), entry))
        for compiled in rules.permits
    ]
    granted = [name for name, truth in truths if truth is True]
    yield from (_Said(Outcome.ALLOW, name, True) for name in granted)
    if granted:
        return
    perhaps = [name for name, truth in truths if isinstance(truth, Unknown)]
    yield from (_Said(Outcome.DENY, name, False) for name in perhaps)
    if not perhaps:
        yield _Said(Outcome.DENY, None, True)


def _known(rule: str, truth: Truth, entry: Entry) -> Truth:
    """Whether a permit applies, by the record where it is not known otherwise."""
    if isinstance(truth, Unknown) and rule in entry.unchanged:
        return rule in entry.applied
    return truth


def _narrowed(compiled: CompiledRule, actor: Actor, question: Question) -> Iterator[_Said]:
    truth = actor.meets(compiled)
    if truth is False:
        return
    now = question.circumstances.now
    softened = any(
        now < one.waiver.until and isinstance(actor.meets(one), Unknown) for one in compiled.waivers
    )
    for one in contributions(compiled, actor, question):
        if one.reason is not None:
            reason = one.reason
            is_sure = truth is True and reason.unknown is None and not softened
            own = reason.rule == compiled.rule.name and not compiled.waivers
            yield _Said(reason.outcome, reason.rule, is_sure, own)
