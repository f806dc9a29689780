"""A checked policy made ready to decide: per task, its rules by effect with compiled conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from policy_engine.decision.conditions import Conditions, Evaluate
from policy_engine.decision.dependence import by_request
from policy_engine.language.checked import Checked, Read
from policy_engine.language.policy import (
    Condition,
    Effect,
    Limit,
    PolicySet,
    Rule,
    Subject,
    Task,
    Waiver,
)

_SELF = ("principal", ("self",))

Compiled = tuple[tuple[Evaluate, bool], ...]
"""The closures of conditions, each with the outcome that meets it."""


@dataclass(frozen=True, slots=True)
class CompiledWaiver:
    """An exception of one rule."""

    waiver: Waiver
    conditions: Compiled

    @property
    def subject(self) -> Subject:
        return self.waiver.subject


@dataclass(frozen=True, slots=True)
class CompiledLimit:
    """A ceiling: what it allows, and what counts together."""

    limit: Limit
    bound: Evaluate
    per: tuple[Evaluate, ...]
    """Apart from who acts."""
    per_principal: bool
    """Whether actions of others never count with this one; known before anything is read."""
    kept: list[object] = field(default_factory=list, compare=False, repr=False)
    """What was found out about the class, once it was asked for."""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule and what softens it."""

    rule: Rule
    conditions: Compiled
    limit: CompiledLimit | None = None
    waivers: tuple[CompiledWaiver, ...] = ()

    @property
    def subject(self) -> Subject:
        return self.rule.subject


@dataclass(frozen=True, slots=True)
class TaskRules:
    """All rules about one task: those that grant and those that narrow, each by name."""

    task: Task
    permits: tuple[CompiledRule, ...]
    narrowing: tuple[CompiledRule, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What `decide` reads. Immutable, and safe to share among threads."""

    policy: PolicySet
    tasks: Mapping[str, TaskRules]
    conditions: Conditions
    wheres: Mapping[str, ItemTest]
    """By task, what its output vouches for item by item."""


class ItemTest(NamedTuple):
    """A condition on one item of an output."""

    holds: Evaluate
    stays: bool
    """Whether it rests on the item and the user's request alone, and so never changes."""


def compile_policy(policy: PolicySet) -> Program:
    """The program of a policy set."""
    conditions = Conditions(policy.defines, policy.tables)
    waivers: dict[str, list[CompiledWaiver]] = {}
    for _, waiver in sorted(policy.waivers.items()):
        compiled = CompiledWaiver(waiver, _conditions(waiver.conditions, conditions))
        waivers.setdefault(waiver.rule, []).append(compiled)
    about: dict[str, list[CompiledRule]] = {}
    for _, rule in sorted(policy.rules.items()):
        compiled_rule = _rule(rule, conditions, waivers.get(rule.name, ()))
        for task in rule.tasks:
            about.setdefault(task, []).append(compiled_rule)
    for validation in policy.validations.values():
        if validation.condition is not None:
            conditions.compile(validation.condition)
    return Program(
        policy,
        {name: _task_rules(task, about.get(name, [])) for name, task in policy.tasks.items()},
        conditions,
        {
            name: ItemTest(
                conditions.compile(task.output.where),
                by_request(task.output.where, policy.defines.__getitem__),
            )
            for name, task in policy.tasks.items()
            if task.output is not None and task.output.where is not None
        },
    )


def _rule(rule: Rule, conditions: Conditions, waivers: Iterable[CompiledWaiver]) -> CompiledRule:
    return CompiledRule(
        rule,
        _conditions(rule.conditions, conditions),
        _limit(rule.limit, conditions) if rule.limit is not None else None,
        tuple(waivers),
    )


def _limit(limit: Limit, conditions: Conditions) -> CompiledLimit:
    keys = [key for key in limit.per if not is_self(key)]
    per = tuple(conditions.settled(key) for key in keys)
    return CompiledLimit(limit, conditions.compile(limit.bound), per, len(keys) < len(limit.per))


def is_self(key: Checked) -> bool:
    """Whether a key of a limit is who acts."""
    return isinstance(key, Read) and (key.root, key.path) == _SELF


def _conditions(written: tuple[Condition, ...], conditions: Conditions) -> Compiled:
    return tuple((conditions.compile(c.expression), c.expected) for c in written)


def _task_rules(task: Task, about: list[CompiledRule]) -> TaskRules:
    return TaskRules(
        task,
        permits=tuple(c for c in about if c.rule.effect is Effect.PERMIT),
        narrowing=tuple(c for c in about if c.rule.effect is not Effect.PERMIT),
    )
