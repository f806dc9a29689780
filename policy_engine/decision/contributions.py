"""What each rule that narrows contributes to a decision, by its effect.

forbid        deny, or what the exceptions of the rule ask for
limit         the same; where the limit has a ladder, what that asks for
require       validate; where a validation has failed, deny or what the ladder asks for
confirm       validate
escalate      what its ladder asks for: nothing once it is met, escalate, deny once it has ended
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from policy_engine.decision import codes, explain, explain_limits
from policy_engine.decision.approvals import contribution_of_ladder
from policy_engine.decision.evidence import CLOCK, Confirmation, ValidationResult
from policy_engine.decision.limits import usage
from policy_engine.decision.outcome import Ask, Obligation, Outcome, Reason
from policy_engine.decision.program import CompiledRule
from policy_engine.decision.question import Actor, Question
from policy_engine.decision.truth import Truth
from policy_engine.decision.waivers import live_waivers
from policy_engine.foundation.diagnostics import Code
from policy_engine.language.policy import Effect, Rule


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason, and what is to be done about it; without a reason something was met."""

    reason: Reason | None = None
    ask: Ask | None = None
    validation: str | None = None
    obligation: Obligation | None = None

    @property
    def is_met(self) -> bool:
        """Whether the people whom it asks have signed."""
        return self.reason is None or self.reason.outcome is Outcome.ALLOW


Contributions = Iterator[Contribution]


def contributions(compiled: CompiledRule, actor: Actor, question: Question) -> Contributions:
    """What a rule contributes for one principal; nothing where it does not apply."""
    truth = actor.meets(compiled)
    if truth is not False:
        yield from _BY_EFFECT[compiled.rule.effect](compiled, truth, actor, question)


def _forbidden(
    compiled: CompiledRule, truth: Truth, actor: Actor, question: Question
) -> Contributions:
    rule = compiled.rule
    code = _FORBIDDING.get(rule.form, codes.FORBIDDEN)
    reason = explain.rule_reason(rule, code, Outcome.DENY, truth, actor, question)
    yield from _softened(compiled, reason, actor, question)


def _limited(
    compiled: CompiledRule, truth: Truth, actor: Actor, question: Question
) -> Contributions:
    rule, used = compiled.rule, usage(compiled, actor)
    if used.passed is False:
        return

    def reason(code: Code, outcome: Outcome) -> Reason:
        return explain_limits.limit_reason(rule, code, outcome, used, actor, question)

    if rule.ladder:
        yield _laddered(rule, codes.LIMIT_PASSED, reason, question)
    else:
        yield from _softened(compiled, reason(codes.LIMIT_PASSED, Outcome.DENY), actor, question)


def _softened(
    compiled: CompiledRule, denied: Reason, actor: Actor, question: Question
) -> Contributions:
    """The deny of a rule or, where there are live exceptions, what they ask for instead."""
    waivers = live_waivers(compiled, actor, question)
    if not waivers:
        yield Contribution(denied)
    for waiver in waivers:
        ask, outcome = contribution_of_ladder(waiver.ladder, waiver.name, waiver.digest, question)
        code = codes.NOBODY_ANSWERED if outcome is Outcome.DENY else codes.WAIVED
        yield Contribution(explain.waived(waiver, denied, code, outcome), ask)


def _required(
    compiled: CompiledRule, truth: Truth, actor: Actor, question: Question
) -> Contributions:
    rule = compiled.rule
    if rule.form == "require after":
        for name in rule.validations:
            yield Contribution(obligation=Obligation(rule.name, name))
        return
    if rule.form == "confirm":
        if not _confirmed(question):
            code = codes.NEEDS_CONFIRMATION
            reason = explain.rule_reason(rule, code, Outcome.VALIDATE, truth, actor, question)
            yield Contribution(reason)
        return
    for name in rule.validations:
        results = list(_results(rule, name, question))
        failed = next((r for r in results if not r.passed and r.attempt > rule.retries), None)
        if failed is not None:
            yield _failed(rule, failed, truth, actor, question)
        elif not any(result.passed for result in results):
            reason = explain.validation_needed(rule, name, truth, actor, question)
            yield Contribution(reason, validation=name)


def _results(rule: Rule, name: str, question: Question) -> Iterator[ValidationResult]:
    """What the runs of a validation came to, as far as they are of this and fresh."""
    now, fresh_for = question.circumstances.now, rule.fresh_for
    for item in question.circumstances.evidence:
        if (
            isinstance(item, ValidationResult)
            and item.validation == name
            and item.action == question.action_digest
            and item.facts == question.facts_digest
            and item.policy == question.program.policy.digest
        ):
            at = item.at
            if fresh_for is None or (at is not None and at <= now and now - at <= fresh_for):
                yield item


def _failed(
    rule: Rule, result: ValidationResult, truth: Truth, actor: Actor, question: Question
) -> Contribution:
    def reason(code: Code, outcome: Outcome) -> Reason:
        if code is codes.NOBODY_ANSWERED:
            return explain.rule_reason(rule, code, outcome, truth, actor, question)
        return explain.validation_failed(rule, outcome, result, question)

    if not rule.ladder:
        return Contribution(reason(codes.VALIDATION_FAILED, Outcome.DENY))
    return _laddered(rule, codes.VALIDATION_FAILED, reason, question)


def _confirmed(question: Question) -> bool:
    now = question.circumstances.now
    return any(
        isinstance(item, Confirmation)
        and item.action == question.action_digest
        and item.at <= now
        and now - item.at < CLOCK
        for item in question.circumstances.evidence
    )


def _escalated(
    compiled: CompiledRule, truth: Truth, actor: Actor, question: Question
) -> Contributions:
    def reason(code: Code, outcome: Outcome) -> Reason:
        return explain.rule_reason(compiled.rule, code, outcome, truth, actor, question)

    yield _laddered(compiled.rule, codes.NEEDS_APPROVAL, reason, question)


def _laddered(
    rule: Rule, code: Code, reason: Callable[[Code, Outcome], Reason], question: Question
) -> Contribution:
    """What the rule's own ladder asks for."""
    ask, outcome = contribution_of_ladder(rule.ladder, rule.name, rule.digest, question)
    if outcome is Outcome.ALLOW:
        return Contribution(ask=ask)
    code = codes.NOBODY_ANSWERED if outcome is Outcome.DENY else code
    return Contribution(reason(code, outcome), ask)


_FORBIDDING = {
    "only when": codes.CONDITION_NOT_MET,
    "only after": codes.NOT_AFTER,
    "constraint": codes.CONSTRAINT,
}

_BY_EFFECT: Mapping[Effect, Callable[[CompiledRule, Truth, Actor, Question], Contributions]] = {
    Effect.FORBID: _forbidden,
    Effect.LIMIT: _limited,
    Effect.REQUIRE: _required,
    Effect.ESCALATE: _escalated,
}
