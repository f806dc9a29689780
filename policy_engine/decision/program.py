"""A checked policy made ready to decide: per task, its rules by effect with compiled conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_engine.decision.conditions import Conditions, Evaluate
from policy_engine.language.policy import Effect, PolicySet, Rule, Task


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule and the closures of its conditions, each with the outcome that meets it."""

    rule: Rule
    conditions: tuple[tuple[Evaluate, bool], ...]


@dataclass(frozen=True, slots=True)
class TaskRules:
    """All rules about one task."""

    task: Task
    permits: tuple[CompiledRule, ...]
    forbids: tuple[CompiledRule, ...]
    requires: tuple[CompiledRule, ...]
    escalates: tuple[CompiledRule, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What `decide` reads. Immutable, and safe to share among threads."""

    policy: PolicySet
    tasks: Mapping[str, TaskRules]
    conditions: Conditions
    wheres: Mapping[str, Evaluate]


def compile_policy(policy: PolicySet) -> Program:
    """The program of a policy set."""
    conditions = Conditions(policy.defines)
    ordered = [policy.rules[name] for name in sorted(policy.rules)]
    compiled = [_compiled(rule, conditions) for rule in ordered]
    for validation in policy.validations.values():
        if validation.condition is not None:
            conditions.compile(validation.condition)
    return Program(
        policy,
        {name: _task_rules(task, compiled) for name, task in policy.tasks.items()},
        conditions,
        {
            name: conditions.compile(task.output.where)
            for name, task in policy.tasks.items()
            if task.output is not None and task.output.where is not None
        },
    )


def _compiled(rule: Rule, conditions: Conditions) -> CompiledRule:
    return CompiledRule(
        rule, tuple((conditions.compile(c.expression), c.expected) for c in rule.conditions)
    )


def _task_rules(task: Task, compiled: list[CompiledRule]) -> TaskRules:
    about = [c for c in compiled if task.name in c.rule.tasks]
    by_effect = {e: tuple(c for c in about if c.rule.effect is e) for e in Effect}
    return TaskRules(
        task,
        permits=by_effect[Effect.PERMIT],
        forbids=by_effect[Effect.FORBID],
        requires=by_effect[Effect.REQUIRE],
        escalates=by_effect[Effect.ESCALATE],
    )
