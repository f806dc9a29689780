"""Why a limit would be passed: `20 + 1 > 20`, and what would stay within it."""

from __future__ import annotations

from policy_engine.decision.explain import change, deciding, narrowing_reason
from policy_engine.decision.intervals import Interval, is_negative
from policy_engine.decision.limits import Usage
from policy_engine.decision.outcome import Outcome, Reason
from policy_engine.decision.question import Actor, Question
from policy_engine.decision.secrecy import is_secret
from policy_engine.decision.truth import Unknown
from policy_engine.decision.wording import worded
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.language.policy import Rule
from policy_engine.values.arithmetic import total


def limit_reason(
    rule: Rule, code: Code, outcome: Outcome, used: Usage, actor: Actor, question: Question
) -> Reason:
    """A limit that would be passed, with what has been used and the conditions of its class."""
    hidden = _is_secret(rule, question)
    labels = [Label(rule.effect_span, "a secret value is not shown" if hidden else _sum(used))]
    labels += [Label(w.span, w.text) for w in deciding(rule, actor, question)]
    others = [] if hidden else _smaller(rule, used)
    if used.not_before is not None:
        others.append(f"waiting until {timestamp_text(used.not_before)}")
    why = used.passed.why if isinstance(used.passed, Unknown) else None
    told = change(others, rule, outcome)
    return narrowing_reason(rule, code, outcome, tuple(labels), why, told, used.not_before)


def _sum(used: Usage) -> str:
    for value in (used.past, used.own, used.bound):
        if isinstance(value, Unknown):
            return f"unknown: {value.why}"
    if isinstance(used.passed, Unknown) and used.past is None:
        return f"unknown: {used.passed.why}"
    own = "0" if used.own is None else worded(used.own)
    past = worded(used.past)
    past = f"({past})" if isinstance(used.past, Interval) else past
    relation = "may be more than" if isinstance(used.passed, Unknown) else ">"
    return f"{past} + {own} {relation} {worded(used.bound)}"


def _smaller(rule: Rule, used: Usage) -> list[str]:
    """How much there is room for, where that is settled."""
    limit = rule.limit
    values = (used.past, used.bound)
    if limit is None or limit.sum_of is None:
        return []
    if any(value is None or isinstance(value, (Interval, Unknown)) for value in values):
        return []
    room = total([(True, used.bound), (False, used.past)])
    if room is None or is_negative(room):
        return []
    return [f"`{limit.sum_of}` at most {worded(room)}"]


def _is_secret(rule: Rule, question: Question) -> bool:
    limit, tasks = rule.limit, question.program.policy.tasks
    if limit is None:
        return False
    summed = (field for name in rule.tasks if name in tasks for field in tasks[name].inputs)
    return any(field.secret for field in summed if field.name == limit.sum_of) or is_secret(
        limit.bound, question.program.conditions
    )
