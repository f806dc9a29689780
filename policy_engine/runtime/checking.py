"""Validations of actions in the store: which are due, and what came of them, on the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.flow import Flow, Work
from policy_engine.runtime.ports import Clock, Decider, Recorder
from policy_engine.runtime.store import Stored

_MOST_ATTEMPTS = 100
"""However often a policy lets a validation be tried again."""


class Checking:
    """Runs what must be validated, before and after a call."""

    def __init__(
        self,
        database: Database,
        decider: Decider,
        decisions: Decisions,
        recorder: Recorder,
        clock: Clock,
        policy: PolicySet,
    ) -> None:
        self._database = database
        self._decider = decider
        self._decisions = decisions
        self._recorder = recorder
        self._clock = clock
        retries = max((rule.retries for rule in policy.rules.values()), default=0)
        self._attempts = min(1 + retries, _MOST_ATTEMPTS)

    def before(
        self, stored: Stored, facts: Mapping[str, object]
    ) -> Flow[tuple[ValidationResult, ...]]:
        """Runs what must be validated first, unless the action is denied anyway.

        What fails and may be retried is tried again, as often as the policy says.
        """
        known: tuple[ValidationResult, ...] = ()
        for attempt in range(1, self._attempts + 1):
            decision = self._decisions.fresh(stored, facts, known)
            if decision.outcome is Outcome.DENY or not decision.validations:
                break
            results = yield Work(partial(self.run, stored, facts, decision.validations))
            known += tuple(replace(result, attempt=attempt) for result in results)
        return known

    def run(
        self,
        stored: Stored,
        facts: Mapping[str, object],
        names: tuple[str, ...],
        output: tuple[object, ...] = (),
    ) -> tuple[ValidationResult, ...]:
        """Runs validations and records what came of them. `output`: in a tuple of one."""
        now = self._clock.now()
        memory = self._decisions.session(stored.session)
        results = self._decider.validate(
            names,
            stored.action,
            session=memory,
            facts=facts,
            now=now,
            history=self._decisions.history(stored.action, stored.id, now, stored.session),
            attributes=self._decisions.attributes(memory),
            output=output,
        )
        with self._database.transaction():
            for result in results:
                body = {
                    "action": stored.id,
                    "validation": result.validation,
                    "passed": result.passed,
                    "problem": result.problem,
                }
                self._recorder.record("validated", body)
        return results
