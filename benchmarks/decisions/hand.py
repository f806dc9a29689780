"""The rules of a workload as a careful engineer would write them in Python.

One function a task, found in a dict: the forbids first, then the permits, each as one condition,
cheap comparisons before look-ups in constant sets. It answers True or False, trusts its input (no
check of types, an exception where something is missing), and names no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import Workload
from policy_engine import Action

Decide: TypeAlias = Callable[[Action, frozenset[str]], bool]


def written(workload: Workload) -> Decide:
    """The function that decides all tasks."""
    space: dict[str, Any] = {}
    exec(compile(source(workload), "<hand-written>", "exec", optimize=2), space)
    decide: Decide = space["decide"]
    return decide


def source(workload: Workload) -> str:
    """The text of the module."""
    return "".join(f"{line}\n" for line in _lines(workload))


def _lines(workload: Workload) -> Iterator[str]:
    by_task: dict[str, list[Rule]] = {task: [] for task in workload.tasks}
    for rule in workload.rules:
        for task in workload.tasks if rule.task is None else (rule.task,):
            by_task[task].append(rule)
    for task, rules in by_task.items():
        yield f"def decide_{task}(input, roles):"
        yield from (f"    {line}" for line in _body(rules, workload.nested))
    yield "TASKS = {"
    yield from (f"    {task!r}: decide_{task}," for task in by_task)
    yield "}"
    yield "def decide(action, roles):"
    yield "    decide_task = TASKS.get(action.task)"
    yield "    return decide_task is not None and decide_task(action.input, roles)"


def _body(rules: list[Rule], nested: bool) -> Iterator[str]:
    yield "amount = input['amount']"
    yield "region = input['region']"
    yield "pii = input['payload']['pii']" if nested else "pii = input['pii']"
    for rule in sorted(rules, key=lambda rule: rule.permits):
        yield f"if {' and '.join(_conditions(rule))}:"
        yield f"    return {rule.permits}"
    yield "return False"


def _conditions(rule: Rule) -> Iterator[str]:
    if rule.role is not None:
        yield f"{rule.role!r} in roles"
    if rule.bound is not None:
        yield f"amount {'<=' if rule.permits else '>'} {rule.bound}"
    if rule.pii is not None:
        yield "pii" if rule.pii else "not pii"
    if rule.regions:
        yield f"region in {{{', '.join(map(repr, rule.regions))}}}"
