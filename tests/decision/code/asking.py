"""Asks generated functions and the interpreter the same thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import CodeType

from policy_engine import Action, Agent, Engine, Human
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.function import Function
from policy_engine.decision.code.interpreter import ProgramInterpreter
from policy_engine.decision.code.levels import Part
from policy_engine.decision.code.program import function_of_task
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.decide import decide
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.verdict import Verdict
from policy_engine.language.policy import PolicySet
from tests.decision.loading import NOW, loaded

AGENT = Agent("a")
NOBODY: frozenset[str] = frozenset()


def shown(value: object) -> str:
    """A value as the name of a test; where it lies in memory is nobody's business."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


Answer = tuple[str, tuple[str, ...]]
"""An outcome, and the rules that give it."""


class Watched(ProgramInterpreter):
    """An interpreter that counts the actions that are left to it altogether."""

    def __init__(self, program: Program) -> None:
        super().__init__(lambda: program)
        self.asked = 0

    def verdict(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances
    ) -> Verdict:
        self.asked += 1
        return super().verdict(action, roles, given)


class Desk:
    """One policy: its functions, and the interpreter that stands beside them."""

    def __init__(self, policy: PolicySet) -> None:
        self.program = compile_policy(policy)
        self.interpreter = Watched(self.program)
        functions = {name: function_of_task(self.program, name) for name in self.program.tasks}
        self.functions = {name: found for name, found in functions.items() if found is not None}
        self.verdicts = Verdicts(policy.digest, self.functions.get, self.interpreter)

    def decided(
        self, action: Action, given: Circumstances | None, roles: frozenset[str] | None
    ) -> Answer:
        """What `decide` says."""
        known = replace(given or Circumstances(NOW), roles=roles)
        decision = decide(self.program, action, known)
        return decision.outcome.word, tuple(sorted(decision.rules))

    def same(
        self,
        action: Action,
        given: Circumstances | None = None,
        roles: frozenset[str] | None = NOBODY,
    ) -> Answer:
        """What both say: the complete function the same, the quick one no more than that."""
        known = self.decided(action, given, roles)
        whole = self.verdicts.first("complete", action, roles, given)
        assert (whole.outcome.word, whole.rules) == known
        quick = self.verdicts.first("verdict", action, roles, given)
        assert quick.outcome == whole.outcome
        assert set(quick.rules) <= set(whole.rules)
        return known

    def is_left(self, action: Action, given: Circumstances | None = None) -> bool:
        """Whether the complete function leaves the action to the interpreter."""
        before = self.interpreter.asked
        self.same(action, given)
        return self.interpreter.asked > before


class Edited:
    """A function with another source."""

    def __init__(self, function: Function, source: Mapping[Part, str]) -> None:
        self._function = function
        self._source = source
        self.names = function.names
        self.confirming = function.confirming
        self.needs_circumstances = function.needs_circumstances

    def code(self, part: Part) -> CodeType:
        return replace(self._function, source=self._source).code(part)


@cache
def engine(text: str) -> Engine:
    return loaded(text)


@cache
def desk(text: str) -> Desk:
    return Desk(loaded(text).policy)


def act(task: str = "t", by: Agent | Human = AGENT, /, **input: object) -> Action:
    return Action(by, task, input)
