"""The decision rule: every rule that applies contributes an outcome; the answer is their join.

    unknown task, misfitting or unwritable input            deny
    who acts or delegated, task or session is suspended     deny
    a person rejected this proposal                         deny
    another holds what is exclusive, or may                 deny
    no permit applies (true)                                deny
    constraint applies (true or unknown)                    deny
    forbid, only-when, only-after applies                   deny · waived: as its exceptions ask
    a limit would be passed, or may be                      deny · waived · as its ladder asks
    a required validation failed · has not run              deny or as its ladder asks · validate
    a confirmation is not there                             validate
    an approval requirement has run out · is not met        deny · escalate
    –                                                       allow

No statement ends the evaluation, so all reasons are there, and the order of rules plays no part.
A delegated action is decided for everybody in its chain. A rule under observation is absent; what
it would have said is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from policy_engine.decision import codes, explain
from policy_engine.decision.action import Action, named
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.contributions import Contribution, contributions
from policy_engine.decision.evidence import CLOCK, Rejection
from policy_engine.decision.exclusivity import held_by_another
from policy_engine.decision.outcome import Ask, Decision, Outcome, Reason
from policy_engine.decision.program import CompiledRule, Program, TaskRules
from policy_engine.decision.question import Actor, Question

_Item = TypeVar("_Item")


def decide(program: Program, action: Action, circumstances: Circumstances) -> Decision:
    """The answer to one action. Never raises for what an action or its circumstances contain."""
    question = Question(program, action, circumstances)
    reasons = [*_misfitting(question), *_suspended(question)]
    said: list[Contribution] = []
    observed: list[Contribution] = []
    rules = program.tasks.get(question.task.name) if question.task is not None else None
    if rules is not None:
        reasons += [*_rejected(question), *_busy(rules, question)]
        for actor in question.actors:
            reasons += _permitted(rules, actor, question)
            for compiled in rules.narrowing:
                into = observed if _is_observed(compiled, question) else said
                into += contributions(compiled, actor, question)
    reasons += [item.reason for item in said if item.reason is not None]
    return Decision(
        outcome=max((reason.outcome for reason in reasons), default=Outcome.DENY),
        reasons=_in_order(reasons),
        policy=program.policy.digest,
        action=question.action_digest,
        proposal=question.proposal_digest,
        proposals=question.proposals,
        facts=question.facts_digest,
        at=circumstances.now,
        asks=_asks(item for item in said if not item.is_met),
        approved=_asks(item for item in said if item.is_met),
        validations=_each_once(item.validation for item in said),
        obligations=_each_once(item.obligation for item in said),
        observed=_in_order(item.reason for item in observed if item.reason is not None),
        roles=circumstances.roles,
        chain_roles=tuple(actor.roles for actor in question.actors[:-1]),
        input=question.input if rules is not None and not question.misfits else None,
    )


def _misfitting(question: Question) -> Iterator[Reason]:
    if question.task is None:
        yield explain.unknown_task(question)
    for misfit in question.misfits:
        yield explain.does_not_fit(misfit, question)
    if question.unwritable is not None:
        yield explain.no_canonical_form(question)


def _suspended(question: Question) -> Iterator[Reason]:
    action, session = question.action, question.circumstances.session
    names = [named(actor.principal) for actor in question.actors]
    names.append(f"task {action.task}")
    if session is not None and session.id is not None:
        names.append(f"session {session.id}")
    for name in names:
        if name in question.circumstances.suspended:
            yield explain.suspended(name, question)


def _rejected(question: Question) -> Iterator[Reason]:
    now = question.circumstances.now
    for item in question.circumstances.evidence:
        if (
            isinstance(item, Rejection)
            and item.proposal in question.proposals
            and now - item.at < CLOCK
        ):
            yield explain.rejected(item)


def _busy(rules: TaskRules, question: Question) -> Iterator[Reason]:
    truth = held_by_another(rules.task, question)
    if truth is not False:
        yield explain.busy(rules.task, truth)


def _permitted(rules: TaskRules, actor: Actor, question: Question) -> Iterator[Reason]:
    truths = [(compiled.rule, actor.meets(compiled)) for compiled in rules.permits]
    granted = [rule for rule, truth in truths if truth is True]
    for rule in granted:
        yield explain.rule_reason(rule, codes.PERMITTED, Outcome.ALLOW, True, actor, question)
    if not granted:
        near = [rule for rule, _ in truths if actor.is_of(rule.subject) is True]
        yield explain.not_permitted(rules.task, near, actor, question)


def _is_observed(compiled: CompiledRule, question: Question) -> bool:
    until = compiled.rule.observe_until
    return until is not None and question.circumstances.now < until


def _in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Strictest first; among equals what is wrong with the action itself, then by code and rule."""
    return tuple(sorted(dict.fromkeys(reasons), key=_place))


def _place(reason: Reason) -> tuple[int, bool, str, str]:
    of_action = reason.code in (codes.DOES_NOT_FIT, codes.UNKNOWN_TASK, codes.NO_CANONICAL_FORM)
    return -reason.outcome.value, not of_action, reason.code.id, reason.rule or ""


def _asks(said: Iterable[Contribution]) -> tuple[Ask, ...]:
    return _each_once(item.ask for item in said)


def _each_once(items: Iterable[_Item | None]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(item for item in items if item is not None))
