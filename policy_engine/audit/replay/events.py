"""The replayed past of a ledger: what was under way, carried out or ended at each moment.

The record says what became of each action, and the candidate's answers what of that is still sure
(`cases.became`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Case, became
from policy_engine.audit.replay.flips import ALLOW, DENY, NO_TASK
from policy_engine.audit.unfolding import Unfolded, reach_of
from policy_engine.decision.history import History, PastAction, Status


@dataclass(slots=True)
class _Moving:
    """An action whose end is not known yet, or has just come."""

    id: str
    case: Case
    answer: int
    at: datetime
    status: Status
    approved: bool = False
    has_begun: bool = False
    has_ended: bool = False

    @property
    def task(self) -> str:
        return self.case.action.task

    def past(self) -> PastAction:
        action, session = self.case.action, self.case.session
        return PastAction(
            action.task,
            action.input,
            action.principal,
            self.at,
            became(self.case.recorded, self.answer, self.status),
            self.approved,
            context=action.context,
            session=session.id if session is not None else None,
            id=self.id,
            chain=action.chain,
        )


class Events:
    """What has happened so far, as far as some rule of the candidate asks about it."""

    def __init__(self, candidate: Candidate) -> None:
        self._remembered = candidate.remembered
        self._asks_attempts = candidate.asks_attempts
        self._moving: dict[str, _Moving] = {}
        """Those of which more may be said."""
        reach = reach_of(candidate.questions.values())
        self._unfolded: Unfolded[_Moving] = Unfolded(reach, self._matters)

    def decided(self, id_: str, case: Case, answer: int, *, waits: bool) -> None:
        """An action was decided for the first time; `waits`: it was then held for people."""
        if case.action.task not in self._remembered:
            return
        is_open = waits or case.recorded == ALLOW
        moving = _Moving(id_, case, answer, case.now, "proposed" if is_open else "denied")
        moving.has_ended = not is_open or answer in (DENY, NO_TASK)
        self._put(moving)

    def begun(self, id_: str, at: datetime, *, approved: bool) -> None:
        """The gate was about to act."""
        moving = self._changing(id_)
        if moving is not None:
            moving.at, moving.status, moving.has_begun = at, "running", True
            moving.approved = moving.approved or approved
            self._put(moving)

    def ended(self, id_: str, status: Status) -> None:
        """It came to this end. What failed before it began was never called."""
        moving = self._changing(id_)
        if moving is not None:
            is_call = status in ("executed", "withheld", "failed", "unknown")
            moving.status = status if moving.has_begun or not is_call else "proposed"
            moving.has_ended = status != "unknown"
            self._put(moving)

    def history(self, now: datetime) -> History:
        """What a decision sees at this moment."""
        return self._unfolded.history(now)

    def _changing(self, id_: str) -> _Moving | None:
        """An action of which more is said. What the candidate denies has never begun, so nothing
        more is said of it."""
        moving = self._moving.get(id_) or self._unfolded.changed(id_)
        return None if moving is None or moving.answer in (DENY, NO_TASK) else moving

    def _put(self, moving: _Moving) -> None:
        """Notes an action as it is now."""
        self._unfolded.put(moving)
        if moving.has_ended:
            self._moving.pop(moving.id, None)
        else:
            self._moving[moving.id] = moving

    def _matters(self, past: PastAction) -> bool:
        return self._asks_attempts or past.status not in ("proposed", "denied")
