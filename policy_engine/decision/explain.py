"""Why a rule applied, in the words and values of the policy's own text.

Works on the conditions that decided: of an `and` that is false the false parts, of one that is
true all parts, and so on down to comparisons, whose values are shown. Values of secret fields
never are.
"""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.decision import codes
from policy_engine.decision.evidence import Rejection, ValidationResult
from policy_engine.decision.outcome import Outcome, Reason
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.decision.witness import Witness, witnesses
from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.suggest import nearest
from policy_engine.language.policy import Effect, Rule, Task
from policy_engine.values.conform import Misfit


def rule_reason(
    rule: Rule, code: Code, outcome: Outcome, truth: Truth, question: Question
) -> Reason:
    """A rule that applied, with the values that made it apply."""
    found = _deciding(rule, question)
    labels = [Label(w.span, w.text) for w in found]
    change = _would_change(rule, found, truth)
    if rule.requirement is not None and outcome is Outcome.ESCALATE:
        change = change and f"{change}; or an approval"
    title = rule.title or _plain_title(rule)
    if code is codes.NOBODY_ANSWERED:
        title = f"the time to sign has run out: {title}"
    return Reason(
        code,
        outcome,
        title,
        rule.name,
        tuple(labels) or (Label(rule.effect_span, "this rule decided"),),
        truth.why if isinstance(truth, Unknown) else None,
        None if rule.effect is Effect.PERMIT else change,
    )


def not_permitted(task: Task, near: list[Rule], question: Question) -> Reason:
    """No permit applied: the permits that were open to this principal, and what failed in them."""
    labels: list[Label] = []
    changes: list[str] = []
    for rule in near:
        failed = _failing(rule, question)
        labels += [Label(w.span, w.text) for w in failed]
        changes.append(" and ".join(dict.fromkeys(w.other for w in failed if w.other)))
    principal = question.action.principal
    labels = labels or [Label(task.span, "no rule permits this task to this principal", False)]
    roles = question.circumstances.roles
    held = "roles unknown" if roles is None else f"roles: {', '.join(sorted(roles)) or 'none'}"
    return Reason(
        codes.NOT_PERMITTED,
        Outcome.DENY,
        f"no rule permits `{task.name}` to `{principal.id}` here ({held})",
        None,
        tuple(labels),
        None,
        _to_be_permitted(task, near, changes, roles),
    )


def _to_be_permitted(
    task: Task, near: list[Rule], changes: list[str], roles: frozenset[str] | None
) -> str:
    if roles is None:
        return "knowing which roles the principal holds (a directory, or `roles`)"
    told = "; or ".join(change for change in changes if change)
    if near:
        return told or "whatever is unknown or does not hold above"
    return f"a role that a rule permits `{task.name}` to, or such a rule"


def unknown_task(question: Question) -> Reason:
    name = question.action.task
    near = nearest(str(name), question.program.tasks)
    return Reason(
        codes.UNKNOWN_TASK,
        Outcome.DENY,
        f"the policy knows no task `{name}`",
        would_change=f"the task `{near}`" if near else None,
    )


def does_not_fit(misfit: Misfit, question: Question) -> Reason:
    task = question.task
    labels = (Label(task.span, "declared here", False),) if task else ()
    return Reason(codes.DOES_NOT_FIT, Outcome.DENY, f"the input {misfit}", None, labels)


def no_canonical_form(question: Question) -> Reason:
    title = question.unwritable or "the action cannot be written down"
    return Reason(codes.NO_CANONICAL_FORM, Outcome.DENY, title)


def rejected(rejection: Rejection) -> Reason:
    why = f": {rejection.reason}" if rejection.reason else ""
    title = f"`{rejection.by}` rejected this on {rejection.at:%Y-%m-%d at %H:%M %Z}{why}"
    change = "another proposal, or 24 hours"
    return Reason(codes.REJECTED, Outcome.DENY, title, would_change=change)


def validation_needed(rule: Rule, name: str, truth: Truth, question: Question) -> Reason:
    reason = rule_reason(rule, codes.NEEDS_VALIDATION, Outcome.VALIDATE, truth, question)
    title = _validation_title(name, question)
    return Reason(reason.code, reason.outcome, title, rule.name, reason.labels, reason.unknown)


def validation_failed(rule: Rule, result: ValidationResult, question: Question) -> Reason:
    name = result.validation
    title = _validation_title(name, question)
    labels = (Label(question.program.policy.validations[name].span, result.problem or "failed"),)
    return Reason(codes.VALIDATION_FAILED, Outcome.DENY, title, rule.name, labels)


def _validation_title(name: str, question: Question) -> str:
    validation = question.program.policy.validations[name]
    return f"`{name}`: {validation.title}" if validation.title else f"`{name}` must pass"


def _deciding(rule: Rule, question: Question) -> list[Witness]:
    return _unique(
        witness
        for condition in rule.conditions
        for witness in witnesses(condition.expression, question)
    )


def _failing(rule: Rule, question: Question) -> list[Witness]:
    """The witnesses of those conditions that are not met."""
    conditions = question.program.conditions
    return _unique(
        witness
        for condition in rule.conditions
        if question.evaluate(conditions.compile(condition.expression)) is not condition.expected
        for witness in witnesses(condition.expression, question)
    )


def _unique(found: Iterable[Witness]) -> list[Witness]:
    return list(dict.fromkeys(found))


def _would_change(rule: Rule, found: list[Witness], truth: Truth) -> str | None:
    """Any one of these, where all of several conditions made the rule apply."""
    others = list(dict.fromkeys(w.other for w in found if w.other))
    return " or ".join(others) if others else None


def _plain_title(rule: Rule) -> str:
    match rule.effect:
        case Effect.ESCALATE:
            assert rule.requirement is not None
            return f"`{rule.requirement.role}` must approve"
        case Effect.REQUIRE:
            return f"{', '.join(rule.validations)} must pass"
        case _:
            return f"the rule `{rule.name}` applies"
