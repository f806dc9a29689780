"""The short way to an allow: what it takes to carry out and record what nothing stands against.

Most actions are allowed at once. For those, the outcome comes from generated code, and of the
decision only that is worked out which binds it: digests, the input in the engine's terms, the
permits. All else that `decide` would say follows again from the same circumstances.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from policy_engine.decision.action import SIMPLE, Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.binding import bound
from policy_engine.decision.outcome import Ask, Obligation
from policy_engine.decision.program import Program, TaskRules
from policy_engine.decision.question import facts_digest
from policy_engine.decision.typed import typed_facts
from policy_engine.decision.verdict import Verdict
from policy_engine.foundation.canonical import canonical_text
from policy_engine.values.fitting import fields_fitting


class Clearance(NamedTuple):
    """An action that is allowed at once. Each member is that of the `Decision` about it."""

    rules: tuple[str, ...]
    """The permits that apply, by name."""
    policy: str
    action: str
    facts: str
    at: datetime
    roles: frozenset[str] | None
    input: Mapping[str, object]
    approved: tuple[Ask, ...] = ()
    obligations: tuple[Obligation, ...] = ()


class Clearing:
    """Clears the actions of one policy set."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._tasks = {name: _Terms(rules) for name, rules in program.tasks.items()}

    def may_clear(self, action: Action, given: Circumstances) -> bool:
        """Whether an allow has nothing to say about it besides its permits."""
        if action.simple is not SIMPLE or given.evidence:
            return False
        terms = self._tasks.get(action.task)
        return terms is not None and not terms.says_more(given.now)

    def clearance(self, action: Action, given: Circumstances, verdict: Verdict) -> Clearance | None:
        """What an action that `may_clear` needs to happen, given its complete verdict.

        None where it is not allowed, or must be decided in full.
        """
        if not verdict.allowed:
            return None
        try:
            input_ = self._tasks[action.task].fitting(action.input)
            digest = bound(action, canonical_text(input_))
        except Exception:  # noqa: BLE001 — what is wrong with it, the full decision will say
            return None
        policy = self._program.policy
        facts = facts_digest(policy, typed_facts(policy, given.facts, {}) if given.facts else {})
        return Clearance(
            verdict.rules, verdict.policy, digest, facts, given.now, given.roles, input_
        )


class _Terms:
    """What stands in the way of a short answer about one task."""

    def __init__(self, rules: TaskRules) -> None:
        narrowing = [compiled.rule for compiled in rules.narrowing]
        self._owes = any(rule.form == "require after" for rule in narrowing)
        self._observed = [rule.observe_until for rule in narrowing if rule.observe_until]
        self.fitting = fields_fitting(rules.task.inputs)

    def says_more(self, now: datetime) -> bool:
        """Whether something is due after the call, or a rule is under observation."""
        return self._owes or any(now < until for until in self._observed)
