"""The second step where a framework makes the call itself: what came of it, as it reports.

The first step, `gate.propose`, decides and records the intent; whoever proposed then calls the tool
and reports. The record says that such a call was reported and not run by the gate.
"""

from __future__ import annotations

from policy_engine.decision.session import Session
from policy_engine.foundation.errors import GateError
from policy_engine.runtime.calls import Begun, Calls
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.executors import ToolFailed, writable
from policy_engine.runtime.flow import Flow
from policy_engine.runtime.result import Result
from policy_engine.runtime.store import Status


class Reports:
    """Takes in what came of actions that somebody else performed."""

    def __init__(self, decisions: Decisions, calls: Calls) -> None:
        self._decisions = decisions
        self._calls = calls

    def output(
        self, id_: str, session: Session | None, output: object, milliseconds: int
    ) -> Flow[Result]:
        """It happened, and returned this. The result has what of it may be seen."""
        begun = self._begun(id_, session)
        if isinstance(begun, Result):
            return begun
        return (yield from self._calls.returned(begun, output, milliseconds))

    def failure(self, id_: str, session: Session | None, problem: str) -> Result:
        """The tool said that it could not."""
        begun = self._begun(id_, session)
        if isinstance(begun, Result):
            return begun
        return self._calls.failed(begun, ToolFailed(writable(problem)))

    def unknown(self, id_: str, session: Session | None, problem: str) -> Result:
        """Nobody knows whether it happened."""
        begun = self._begun(id_, session)
        return begun if isinstance(begun, Result) else self._calls.lost(begun, problem)

    def _begun(self, id_: str, session: Session | None) -> Begun | Result:
        """The action under way; what was reported before stays as it is.

        Raises `GateError` for an action that the gate performs itself, or has not let through.
        """
        stored = self._decisions.known(id_)
        if not stored.reported:
            raise GateError(f"the action {id_} was not proposed: the gate performs it itself")
        if stored.status in (Status.PROPOSED, Status.HELD, Status.DENIED):
            raise GateError(f"the action {id_} was not let through: it is {stored.status.value}")
        if stored.status is not Status.EXECUTING:
            return Result(id_, stored.status, None, stored.output, detail=stored.detail)
        input_ = self._decisions.as_sent(stored)
        return Begun(stored, session, input_, stored.obligations, None)
