"""Why a rule applied, in the words and values of the policy's own text.

Works on the conditions that decided: of an `and` that is false the false parts, of one that is
true all parts, and so on down to comparisons, whose values are shown. Values of secret fields
never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from policy_engine.decision import codes
from policy_engine.decision.evidence import Rejection, ValidationResult
from policy_engine.decision.outcome import Outcome, Reason
from policy_engine.decision.question import Actor, Question
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.decision.witness import Witness, witnesses
from policy_engine.decision.wording import worded_window
from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.suggest import nearest
from policy_engine.language.checked import Checked
from policy_engine.language.policy import Effect, Rule, Rung, Task, Waiver
from policy_engine.values.conform import Misfit


def rule_reason(
    rule: Rule,
    code: Code,
    outcome: Outcome,
    truth: Truth,
    actor: Actor,
    question: Question,
) -> Reason:
    """A rule that applied, with the values that made it apply."""
    found = deciding(rule, actor, question)
    labels = tuple(Label(w.span, w.text) for w in found)
    labels = labels or (Label(rule.effect_span, "this rule decided"),)
    told = change((w.other for w in found if w.other), rule, outcome)
    why = truth.why if isinstance(truth, Unknown) else None
    if rule.effect is Effect.PERMIT:
        return permitted(rule, labels, why)
    return narrowing_reason(rule, code, outcome, labels, why, told)


def permitted(rule: Rule, labels: tuple[Label, ...], why: str | None = None) -> Reason:
    """A permit that applied."""
    title = rule.title or _plain_title(rule)
    return Reason(
        codes.PERMITTED, Outcome.ALLOW, title, rule.name, labels, why, controls=rule.satisfies
    )


def narrowing_reason(
    rule: Rule,
    code: Code,
    outcome: Outcome,
    labels: tuple[Label, ...],
    why: str | None,
    told: str | None,
    not_before: datetime | None = None,
) -> Reason:
    """What a rule that narrows says, with all that its author had to say to that."""
    title = rule.title or _plain_title(rule)
    if code is codes.NOBODY_ANSWERED:
        title = f"the time to sign has run out: {title}"
    return Reason(
        code,
        outcome,
        title,
        rule.name,
        labels,
        why,
        told,
        rule.hint,
        rule.instead,
        rule.satisfies,
        not_before,
    )


def change(others: Iterable[str], rule: Rule, outcome: Outcome) -> str | None:
    """Any one of these, where all of several conditions made the rule apply; or a signature."""
    told = list(dict.fromkeys(others))
    if told and outcome is Outcome.ESCALATE:
        return f"{' or '.join(told)}; or an approval"
    return " or ".join(told) if told else None


def waived(waiver: Waiver, denied: Reason, code: Code, outcome: Outcome) -> Reason:
    """An exception in the place of the deny that it softens."""
    title = waiver.title or f"`{waiver.name}` leaves to people what `{denied.rule}` denies"
    if outcome is Outcome.ALLOW:
        label = Label(waiver.span, f"people have signed: `{denied.rule}` does not deny this")
        return Reason(code, outcome, title, waiver.name, (label,))
    if outcome is Outcome.DENY:
        title = f"the time to sign has run out: {title}"
    labels = (*denied.labels, Label(waiver.span, "softened here", primary=False))
    told = denied.would_change
    return Reason(
        code,
        outcome,
        title,
        waiver.name,
        labels,
        denied.unknown,
        f"{told}; or an approval" if told and outcome is Outcome.ESCALATE else told,
        denied.hint,
        denied.instead,
        denied.controls,
        denied.not_before,
    )


def not_permitted(task: Task, near: list[Rule], actor: Actor, question: Question) -> Reason:
    """No permit applied: the permits that were open to this principal, and what failed in them."""
    labels: list[Label] = []
    changes: list[str] = []
    for rule in near:
        failed = _failing(rule, actor, question)
        labels += [Label(w.span, w.text) for w in failed]
        changes.append(" and ".join(dict.fromkeys(w.other for w in failed if w.other)))
    labels = labels or [Label(task.span, "no rule permits this task to this principal", False)]
    roles = actor.roles
    held = "roles unknown" if roles is None else f"roles: {', '.join(sorted(roles)) or 'none'}"
    return Reason(
        codes.NOT_PERMITTED,
        Outcome.DENY,
        f"no rule permits `{task.name}` to `{actor.principal.id}` here ({held})",
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


def suspended(name: str, question: Question) -> Reason:
    title = f"`{name}` is suspended"
    label = (Label(question.task.span, "asked for here", False),) if question.task else ()
    change = "the end of the suspension"
    return Reason(codes.SUSPENDED, Outcome.DENY, title, labels=label, would_change=change)


def busy(task: Task, truth: Truth) -> Reason:
    keys = " and ".join(f"`{name}`" for name in task.exclusive)
    title = f"busy: another `{task.name}` with the same {keys} is under way"
    why = None
    if isinstance(truth, Unknown):
        title = f"busy: another `{task.name}` with the same {keys} may be under way"
        why = truth.why
    label = Label(task.span, "only one at a time", False)
    change = "trying again once the other has ended"
    return Reason(codes.BUSY, Outcome.DENY, title, None, (label,), why, change)


def validation_needed(
    rule: Rule, name: str, truth: Truth, actor: Actor, question: Question
) -> Reason:
    code = codes.NEEDS_VALIDATION
    reason = rule_reason(rule, code, Outcome.VALIDATE, truth, actor, question)
    title = _validation_title(name, question)
    return replace(reason, title=title, would_change=None)


def validation_failed(
    rule: Rule, outcome: Outcome, result: ValidationResult, question: Question
) -> Reason:
    name = result.validation
    title = _validation_title(name, question)
    labels = (Label(question.program.policy.validations[name].span, result.problem or "failed"),)
    reason = narrowing_reason(rule, codes.VALIDATION_FAILED, outcome, labels, None, None)
    return replace(reason, title=title)


def _validation_title(name: str, question: Question) -> str:
    validation = question.program.policy.validations[name]
    return f"`{name}`: {validation.title}" if validation.title else f"`{name}` must pass"


def deciding(rule: Rule, actor: Actor, question: Question) -> list[Witness]:
    """What made the conditions of a rule what they are."""
    return _witnesses([condition.expression for condition in rule.conditions], actor, question)


def _failing(rule: Rule, actor: Actor, question: Question) -> list[Witness]:
    """The witnesses of those conditions that are not met."""
    compile_ = question.program.conditions.compile
    failed = [
        condition.expression
        for condition in rule.conditions
        if compile_(condition.expression)(actor.frame) is not condition.expected
    ]
    return _witnesses(failed, actor, question)


def _witnesses(nodes: Sequence[Checked], actor: Actor, question: Question) -> list[Witness]:
    """Each once."""
    found = (w for n in nodes for w in witnesses(n, actor.frame, question.program.conditions))
    return list(dict.fromkeys(found))


def _plain_title(rule: Rule) -> str:
    match rule.form:
        case "escalate":
            return f"{' or '.join(map(_roles, rule.ladder))} must approve"
        case "confirm":
            return "the user must confirm this"
        case "require" | "require after":
            return f"{', '.join(rule.validations)} must pass"
        case "limit":
            assert rule.limit is not None
            return f"the limit `{rule.name}` {worded_window(rule.limit.window)}"
        case _:
            return f"the rule `{rule.name}` applies"


def _roles(rung: Rung) -> str:
    return " and ".join(f"`{party.role}`" for party in rung.parties)
