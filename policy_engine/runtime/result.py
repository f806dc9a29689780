"""What became of an action at the gate."""

from __future__ import annotations

from dataclasses import dataclass

from policy_engine.decision.outcome import Decision
from policy_engine.foundation.diagnostics import Code
from policy_engine.runtime.store import Status


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action."""

    id: str | None
    status: Status
    decision: Decision | None
    """None where an earlier submission with the same key has already settled it."""
    output: object = None
    code: Code | None = None
    detail: str | None = None
    ticket: str | None = None
    """For what is held: what people sign, `gate.approve(result.ticket, …)`."""
