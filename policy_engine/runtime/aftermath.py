"""After a crash: what was under way in a process that has ended.

Between intent and outcome nobody knows whether the tool acted. So the outcome is unknown, unless
the task says that it `may be retried`: then it is called again, under the same idempotency key, as
long as nothing denies it by now. What somebody else performs is theirs to report; where no report
came for long enough, its outcome is unknown too. What was proposed and never decided, because its
process ended meanwhile, is denied after the same time.
"""

from __future__ import annotations

from datetime import timedelta

from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.calls import Begun, Calls
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.flow import Flow
from policy_engine.runtime.ports import Clock, Executor, Recorder
from policy_engine.runtime.presence import Presence
from policy_engine.runtime.result import Result
from policy_engine.runtime.store import Status, Store, Stored

REPORT_WITHIN = timedelta(hours=1)
"""How long whoever performs an action by themselves may take to report."""

ENDED = "the process that ran it ended before its outcome was recorded"
NOT_DECIDED = "the process that proposed it ended before it was decided"
NO_REPORT = "nobody has reported what came of it"


class Aftermath:
    """Settles what nobody will settle any more."""

    def __init__(
        self,
        database: Database,
        store: Store,
        decisions: Decisions,
        calls: Calls,
        recorder: Recorder,
        executor: Executor,
        clock: Clock,
        presence: Presence,
        policy: PolicySet,
    ) -> None:
        self._database = database
        self._store = store
        self._decisions = decisions
        self._calls = calls
        self._recorder = recorder
        self._executor = executor
        self._clock = clock
        self._presence = presence
        self._retried = {name for name, task in policy.tasks.items() if task.retried}

    def settle(self) -> Flow[tuple[Result, ...]]:
        """Everything that is left behind; gives what became of it."""
        found = [*self._calls.tell_again(), *self._abandoned()]
        for stored in self._store.under_way():
            if stored.reported:
                if self._is_late(stored):
                    found.append(self._calls.lost(self._begun(stored), NO_REPORT))
            elif stored.owner is not None:
                result = yield from self._of_the_dead(stored, stored.owner)
                found += [] if result is None else [result]
        return tuple(found)

    def _abandoned(self) -> list[Result]:
        """What was proposed in a process that ended before anything was decided.

        Nobody was told anything of it, and who proposed it may have proposed it anew.
        """
        found = []
        for stored in self._store.undecided(self._clock.now() - REPORT_WITHIN):
            with self._database.transaction():
                if self._store.drop(stored.id, NOT_DECIDED):
                    body = {"action": stored.id, "task": stored.action.task, "problem": NOT_DECIDED}
                    self._recorder.record("abandoned", body)
                    found.append(Result(stored.id, Status.DENIED, None, detail=NOT_DECIDED))
        return found

    def _of_the_dead(self, stored: Stored, owner: str) -> Flow[Result | None]:
        with self._presence.alive.dead(owner) as is_dead:
            if not is_dead:
                return None
            begun = self._begun(stored)
            may = stored.action.task in self._retried
            if may and not self._executor.can(stored.action.task) and not self._is_late(stored):
                return None  # somebody else may have the tool
            if not self._may_retry(stored):
                return self._calls.lost(begun, ENDED)
            self._presence.show()
            with self._database.transaction():
                if not self._store.take_over(stored.id, owner, self._presence.name):
                    return None
                self._recorder.record("retried", {"action": stored.id, "problem": ENDED})
        return (yield from self._calls.perform(begun))

    def _is_late(self, stored: Stored) -> bool:
        """Whether nobody need wait any longer for whoever could say what became of it."""
        since = stored.acted_at
        return since is None or self._clock.now() - since >= REPORT_WITHIN

    def _begun(self, stored: Stored) -> Begun:
        input_ = self._decisions.as_sent(stored)
        return Begun(stored, None, input_, stored.obligations, None)

    def _may_retry(self, stored: Stored) -> bool:
        task = stored.action.task
        if task not in self._retried or not self._executor.can(task):
            return False
        return self._decisions.fresh(stored).outcome is not Outcome.DENY
