"""Ceilings over past and running actions, and what only one root action may hold at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from policy_engine.decision.action import Principal
from policy_engine.decision.history import PastAction
from policy_engine.language.checked import Checked
from policy_engine.language.policy import Condition, Limit, Rule, Task
from policy_engine.values.money import Money
from policy_engine.values.types import PRINCIPAL
from tests.reference import past
from tests.reference.arithmetic import equal, less, total
from tests.reference.data import ABSENT, UNKNOWN, fitted_fields
from tests.reference.expressions import nothing, truth, value
from tests.reference.intervals import added, compared, counted, low_of, settled, summed
from tests.reference.logic import Truth, all_hold, negated, one_holds
from tests.reference.people import person
from tests.reference.provenance import Origins
from tests.reference.world import World, roots_of


def condition_met(condition: Condition, world: World) -> Truth:
    """“Every `when` is true and every `unless` false.”"""
    found = truth(condition.expression, world)
    return found if condition.expected else negated(found)


def is_passed(rule: Rule, world: World) -> bool:
    """“A limit is passed unless the total is surely at or below the ceiling.”"""
    limit = rule.limit
    assert limit is not None
    bound = value(limit.bound, world)
    sides = (_total(rule, limit, bound, world), bound)
    return UNKNOWN in sides or compared("<=", *sides) is not True


def _total(rule: Rule, limit: Limit, bound: object, world: World) -> object:
    """“This action counts too, unless its own conditions are surely false.”"""
    if not past.reaches_back(limit.window, world):
        return UNKNOWN
    actions = [action for action in past.actions(world) if action.task in rule.tasks]
    there = [_belongs(action, rule, limit, world) for action in actions]
    if limit.sum_of is None:
        return added([("+", counted(there)), ("+", 1)])
    steps = limit.sum_of.split(".")
    shares = [_share(as_it_was(a, a.principal, world), steps) for a in actions]
    found = [*zip(there, shares, strict=True), (True, _share(world, steps))]
    # “An amount that is absent is nothing.”
    given = [(one, share) for one, share in found if share is not ABSENT]
    # Where nobody has it, nothing was spent: in the currency of the ceiling, if it is money.
    least = low_of(bound)
    zero = Money(Decimal(0), least.currency) if isinstance(least, Money) else None
    return summed(given, zero or nothing(limit.bound.type))


def _belongs(action: PastAction, rule: Rule, limit: Limit, world: World) -> Truth:
    """“Counted are those that were carried out, withheld ones included, in the window, of which
    every `per` is the same as of this action; what may or may not belong to them counts.”"""
    by_somebody = one_holds(
        _is_of_class(as_it_was(action, doer, world), rule, limit, world)
        for doer in past.doers(action)
    )
    happened = [_was_carried_out(action, world), past.in_window(action, limit.window, world)]
    return all_hold([*happened, by_somebody])


def _was_carried_out(action: PastAction, world: World) -> Truth:
    """“One that failed may have had its effect, unless its task says that `failure has no
    effect`.”"""
    if action.status == "failed" and not world.policy.tasks[action.task].without_effect:
        return UNKNOWN
    return past.came(action, "executed", withheld=True)


def _is_of_class(then: World, rule: Rule, limit: Limit, world: World) -> Truth:
    """“`per agent` counts what was delegated for each of those who did it.”"""
    same = [_is_same_key(key, then, world) for key in limit.per]
    return all_hold([*(condition_met(one, then) for one in rule.conditions), *same])


def _is_same_key(key: Checked, then: World, world: World) -> Truth:
    """“An id in another spelling as perhaps the same.”"""
    one, other = settled(value(key, then)), settled(value(key, world))
    if one is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    if key.type == PRINCIPAL and one != other and person(str(one)) == person(str(other)):
        return UNKNOWN
    return equal(one, other)


def as_it_was(action: PastAction, doer: Principal, world: World) -> World:
    """“Each past action is looked at as it was: with its own inputs, the attributes of whoever did
    it, its context.”"""
    task = world.policy.tasks[action.task]
    input_, _ = fitted_fields(action.input, task.inputs, closed=False)
    roots = roots_of(world.policy, doer, input_, action.context)
    return replace(world, roots=roots, origins=Origins(world.policy, None), history=None, locals={})


def _share(world: World, steps: list[str]) -> object:
    """“One that is negative or unknown makes the total unknown.”"""
    found: object = world.roots["input"]
    for step in steps:
        if found is UNKNOWN or found is ABSENT:
            return found
        assert isinstance(found, Mapping)
        found = found.get(step, ABSENT)
    if found is UNKNOWN or found is ABSENT:
        return found
    zero = total([("+", found), ("-", found)])
    return UNKNOWN if less(found, zero) else found


def is_held(task: Task, world: World, root: str | None) -> Truth:
    """“A past action of the same task with the same keys is running or of unknown outcome and
    belongs to another root action; what is not known of it counts as the same.”"""
    if not task.exclusive:
        return False
    if world.history is None:
        return UNKNOWN
    return one_holds(
        all_hold([_has_same_keys(task, action, world), root is None or action.root != root])
        for action in past.actions(world)
        if action.task == task.name and action.status in ("running", "unknown")
    )


def _has_same_keys(task: Task, action: PastAction, world: World) -> Truth:
    """“What is not known of it counts as the same.”"""
    then, now = as_it_was(action, action.principal, world).roots["input"], world.roots["input"]
    assert then is not None and now is not None
    pairs = [(then.get(key), now.get(key)) for key in task.exclusive]
    return all_hold(UNKNOWN if UNKNOWN in pair else equal(*pair) for pair in pairs)
