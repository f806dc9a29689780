"""Verdicts of a program: what is asked is compiled, once, when it is first asked."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.decision.action import Action
from policy_engine.decision.code.function import Function, function_of
from policy_engine.decision.code.interpreter import ProgramInterpreter
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.program import Program


def verdicts_of(
    program: Program, allows: Callable[[Action], bool | None] | None = None
) -> Verdicts:
    """The verdicts of a program; what `allows` does not, they deny."""

    return Verdicts(
        program.policy.digest,
        lambda task: function_of_task(program, task),
        ProgramInterpreter(lambda: program),
        allows=allows,
    )


def function_of_task(program: Program, task: str) -> Function | None:
    """The functions of a task; None where the policy knows no such task."""
    rules = program.tasks.get(task)
    return function_of(rules, program.policy) if rules is not None else None
