"""What became of an action at the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from policy_engine.decision.outcome import Decision
from policy_engine.foundation.diagnostics import Code
from policy_engine.runtime.store import Status

Answer: TypeAlias = Decision | Callable[[], Decision]
"""A decision, or what works it out when somebody asks."""


@dataclass(frozen=True)
class Result:
    """What became of an action."""

    id: str | None
    status: Status
    answer: Answer | None
    output: object = None
    code: Code | None = None
    detail: str | None = None
    ticket: str | None = None
    """For what is held: what people sign, `gate.approve(result.ticket, …)`."""

    @cached_property
    def decision(self) -> Decision | None:
        """The decision with all its reasons; of what was allowed at once, worked out when asked.

        None where an earlier submission with the same key has already settled it.
        """
        return self.answer() if callable(self.answer) else self.answer
