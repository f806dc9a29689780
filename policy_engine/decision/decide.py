"""The decision rule: every rule that applies contributes an outcome; the answer is their join.

    unknown task, misfitting input                     deny
    forbid, only-when applies (true or unknown)        deny
    no permit applies (true)                           deny
    a person rejected this proposal                    deny
    a required validation failed · has not run         deny · validate
    an approval requirement has run out · is not met   deny · escalate
    –                                                  allow

No statement ends the evaluation, so all reasons are there, and the order of rules plays no part.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.decision import codes, explain
from policy_engine.decision.action import Action
from policy_engine.decision.approvals import contribution_of_approvals
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import CLOCK, Rejection, ValidationResult
from policy_engine.decision.outcome import Ask, Decision, Outcome, Reason
from policy_engine.decision.program import CompiledRule, Program, TaskRules
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Truth, Unknown, every
from policy_engine.language.policy import Subject


def decide(program: Program, action: Action, circumstances: Circumstances) -> Decision:
    """The answer to one action. Never raises for what an action or its circumstances contain."""
    question = Question(program, action, circumstances)
    reasons = list(_misfitting(question))
    asks: list[Ask] = []
    approved: list[Ask] = []
    validations: list[str] = []
    rules = program.tasks.get(action.task)
    if rules is not None:
        reasons += _forbidden(rules, question)
        reasons += _permitted(rules, question)
        reasons += _rejected(question)
        reasons += _validated(rules, question, validations)
        reasons += _approved(rules, question, asks, approved)
    outcome = max((reason.outcome for reason in reasons), default=Outcome.DENY)
    return Decision(
        outcome=outcome,
        reasons=tuple(sorted(reasons, key=_in_order)),
        policy=program.policy.digest,
        action=question.action_digest,
        proposal=question.proposal_digest,
        facts=question.facts_digest,
        at=circumstances.now,
        asks=tuple(asks),
        approved=tuple(approved),
        validations=tuple(dict.fromkeys(validations)),
        roles=circumstances.roles,
        input=question.input if rules is not None and not question.misfits else None,
    )


def _in_order(reason: Reason) -> tuple[int, bool, str, str]:
    """Strictest first; among equals what is wrong with the action itself, then by code and rule."""
    of_action = reason.code in (codes.DOES_NOT_FIT, codes.UNKNOWN_TASK, codes.NO_CANONICAL_FORM)
    return -reason.outcome.value, not of_action, reason.code.id, reason.rule or ""


def applies(compiled: CompiledRule, question: Question) -> Truth:
    """Whether a rule applies: its subject and all of its conditions, in three values."""
    return every(
        [
            _concerns(compiled.rule.subject, question),
            *(_met(question.evaluate(c), expected) for c, expected in compiled.conditions),
        ]
    )


def _met(value: object, expected: bool) -> Truth:
    return value if isinstance(value, Unknown) else value is expected


def _concerns(subject: Subject, question: Question) -> Truth:
    if not subject.roles:
        return subject.kind in (None, question.action.principal.kind)
    roles = question.circumstances.roles
    if roles is None:
        return Unknown(subject.span, "the roles of the principal are not known")
    return not roles.isdisjoint(subject.roles)


def _misfitting(question: Question) -> Iterator[Reason]:
    if question.task is None:
        yield explain.unknown_task(question)
    for misfit in question.misfits:
        yield explain.does_not_fit(misfit, question)
    if question.action_digest is None:
        yield explain.no_canonical_form(question)


def _forbidden(rules: TaskRules, question: Question) -> Iterator[Reason]:
    for compiled in rules.forbids:
        truth = applies(compiled, question)
        if truth is not False:
            code = codes.CONDITION_NOT_MET if compiled.rule.only_when else codes.FORBIDDEN
            yield explain.rule_reason(compiled.rule, code, Outcome.DENY, truth, question)


def _permitted(rules: TaskRules, question: Question) -> Iterator[Reason]:
    truths = [(compiled.rule, applies(compiled, question)) for compiled in rules.permits]
    granted = [rule for rule, truth in truths if truth is True]
    for rule in granted:
        yield explain.rule_reason(rule, codes.PERMITTED, Outcome.ALLOW, True, question)
    if not granted:
        near = [rule for rule, _ in truths if _concerns(rule.subject, question) is True]
        yield explain.not_permitted(rules.task, near, question)


def _rejected(question: Question) -> Iterator[Reason]:
    now = question.circumstances.now
    for item in question.circumstances.evidence:
        if (
            isinstance(item, Rejection)
            and item.proposal == question.proposal_digest
            and now - item.at < CLOCK
        ):
            yield explain.rejected(item)


def _validated(rules: TaskRules, question: Question, pending: list[str]) -> Iterator[Reason]:
    results = {
        (item.validation, item.passed): item
        for item in question.circumstances.evidence
        if isinstance(item, ValidationResult)
        and item.action == question.action_digest
        and item.facts == question.facts_digest
        and item.policy == question.program.policy.digest
    }
    for compiled in rules.requires:
        truth = applies(compiled, question)
        if truth is False:
            continue
        for name in compiled.rule.validations:
            failed = results.get((name, False))
            if failed is not None:
                yield explain.validation_failed(compiled.rule, failed, question)
            elif (name, True) not in results:
                pending.append(name)
                yield explain.validation_needed(compiled.rule, name, truth, question)


def _approved(
    rules: TaskRules, question: Question, asks: list[Ask], approved: list[Ask]
) -> Iterator[Reason]:
    for compiled in rules.escalates:
        truth = applies(compiled, question)
        if truth is False:
            continue
        ask, outcome = contribution_of_approvals(compiled.rule, question)
        if outcome is Outcome.ALLOW:
            approved.append(ask)
            continue
        asks.append(ask)
        ended = outcome is Outcome.DENY
        code = codes.NOBODY_ANSWERED if ended else codes.NEEDS_APPROVAL
        yield explain.rule_reason(compiled.rule, code, outcome, truth, question)
