"""The smallest changes of one input that would alter the outcome.

Only numbers, money, dates, times and durations have a nearest other value. What they are compared
with (and the room that a limit leaves) are the only places where anything can change, so these are
tried, from the nearest on, on the real decision: what is told is what would come out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.intervals import Interval
from policy_engine.decision.limits import usage
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.program import CompiledRule, Program
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Unknown
from policy_engine.decision.wording import worded
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of
from policy_engine.values.arithmetic import equal, less, total
from policy_engine.values.money import Money

Relation = Literal["at most", "at least", "above", "below"]

_SMALLEST = Decimal("1E-9")
_MOST = 200
"""Values of one input that are tried."""


class Change(NamedTuple):
    """One input that would have to be different, and what would then come out."""

    input: str
    relation: Relation
    bound: object
    outcome: Outcome

    def __str__(self) -> str:
        return f"`{self.input}` {self.relation} {worded(self.bound)}: {self.outcome}"


def nearest_changes(
    program: Program, action: Action, circumstances: Circumstances
) -> tuple[Change, ...]:
    """For each such input the smallest change that would alter the outcome, by name of the input.

    Of an action that is allowed, what would make the answer stricter; of any other, milder. What
    people have signed was for the action as it is, so it does not count for another.
    """
    question = Question(program, action, circumstances)
    if question.task is None or question.misfits:
        return ()
    bare = replace(circumstances, evidence=())
    before = decide(program, action, bare).outcome
    secret = {field.name for field in question.task.inputs if field.secret}
    found = (
        _nearest(name, bounds, program, question, bare, before)
        for name, bounds in sorted(_bounds(question).items())
        if name in question.input and name not in secret
    )
    return tuple(change for change in found if change is not None)


def _nearest(
    name: str,
    bounds: list[object],
    program: Program,
    question: Question,
    circumstances: Circumstances,
    before: Outcome,
) -> Change | None:
    own = question.input[name]
    tried = sorted(_others(own, bounds), key=lambda other: _distance(own, other[0]))
    for value, relation, bound in tried[:_MOST]:
        action = replace(question.action, input={**question.input, name: value})
        outcome = decide(program, action, circumstances).outcome
        if (outcome > before) if before is Outcome.ALLOW else (outcome < before):
            return Change(name, relation, bound, outcome)
    return None


def _others(own: object, bounds: list[object]) -> Iterator[tuple[object, Relation, object]]:
    """Values on, just above and just below each bound, on the way from the present one."""
    for bound in bounds:
        step = _step(own)
        up = less(own, bound)
        if up is None or equal(own, bound) is None:
            continue
        above, below = total([(True, bound), (True, step)]), total([(True, bound), (False, step)])
        if up:
            yield from ((bound, "at least", bound), (above, "above", bound))
        elif equal(own, bound):
            yield from ((above, "above", bound), (below, "below", bound))
        else:
            yield from ((bound, "at most", bound), (below, "below", bound))


def _step(value: object) -> object:
    match value:
        case int():
            return 1
        case Money():
            return Money(_SMALLEST, value.currency)
        case Decimal():
            return _SMALLEST
        case datetime() | timedelta():
            return timedelta(microseconds=1)
        case _:
            return timedelta(days=1)


def _distance(own: object, other: object) -> Decimal:
    """How far two values of one kind are apart."""
    match own, other:
        case Money(amount=one), Money(amount=two):
            return abs(one - two)
        case ((int() | Decimal()), (int() | Decimal())):
            return abs(Decimal(own) - Decimal(other))
        case timedelta(), timedelta():
            return Decimal(abs(own - other) // timedelta(microseconds=1))
        case datetime(), datetime():
            return Decimal(abs(own - other) // timedelta(microseconds=1))
        case date(), date():
            return Decimal(abs((own - other).days))
        case _:
            return Decimal("Infinity")


def _bounds(question: Question) -> dict[str, list[object]]:
    """What each input is compared with by order or limited to, as far as that is known."""
    found: dict[str, list[object]] = {}
    assert question.task is not None
    rules = question.program.tasks[question.task.name]
    for compiled in (*rules.permits, *rules.narrowing):
        for name, bound in (*_compared(compiled, question), *_limited(compiled, question)):
            if not isinstance(bound, (Unknown, Interval)) and bound not in found.setdefault(
                name, []
            ):
                found[name].append(bound)
    return found


def _compared(compiled: CompiledRule, question: Question) -> Iterator[tuple[str, object]]:
    evaluate = question.program.conditions.compile
    for condition in compiled.rule.conditions:
        for node in all_of(condition.expression):
            if not isinstance(node, c.Compare) or node.operator in ("in", "subset of"):
                continue
            for own, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(own, c.Read) and own.root == "input" and len(own.path) == 1:
                    yield own.path[0], evaluate(other)(question.frame)


def _limited(compiled: CompiledRule, question: Question) -> Iterator[tuple[str, object]]:
    """The room that a limit leaves."""
    limit = compiled.rule.limit
    if limit is None or limit.sum_of is None:
        return
    used = usage(compiled, question.principal)
    if used.past is None or isinstance(used.past, (Unknown, Interval)):
        return
    if not isinstance(used.bound, (Unknown, Interval)):
        yield limit.sum_of, total([(True, used.bound), (False, used.past)])
