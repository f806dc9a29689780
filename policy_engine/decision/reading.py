"""Reads what a session has seen when it has seen it, so that decisions need not."""

from __future__ import annotations

from datetime import UTC, datetime

from policy_engine.decision.action import Action, Agent
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.memory import Memory
from policy_engine.decision.program import Program
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.question import Question
from policy_engine.decision.session import Session

_NOBODY = Action(Agent("nobody"), "nothing")


def read(program: Program, session: Session) -> None:
    """Reads all of a session. What was read before is not read again, and no answer changes."""
    given = Circumstances(datetime.now(UTC), session=session)
    origins = SessionOrigins(Memory(session), program.policy.tasks, program.wheres)
    origins.within(lambda: Question(program, _NOBODY, given).frame)
    origins.read()
