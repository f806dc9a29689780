"""The replayed past of a ledger: what was under way, carried out or ended at each moment.

The record says what became of each action, and the candidate's answers what of that is still sure
(`cases.became`). All of it stands in one history, which grows; it is made anew only where something
in it has become something else since, as what waits or runs does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Case, became
from policy_engine.audit.replay.flips import ALLOW, DENY, NO_TASK
from policy_engine.decision.history import History, PastAction, Status

_FIRST = datetime.min.replace(tzinfo=UTC)
_A_SECOND = timedelta(seconds=1)
_FEWEST_FORGOTTEN = 20_000


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
        reaches = [one.reach for one in candidate.questions.values()]
        known = [reach for reach in reaches if reach is not None]
        self._reach = max(known) if known and len(known) == len(reaches) else None
        self._moving: dict[str, _Moving] = {}
        """Those of which more may be said."""
        self._changed: dict[str, _Moving] = {}
        """Those that are not in the history yet as they are."""
        self._shown: dict[str, PastAction] = {}
        """Those in the history that may still change, as they stand there."""
        self._ended: list[PastAction] = []
        self._history = History()
        self._kept = 0

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
        if self._changed:
            self._settle()
            if self._history.number > 2 * self._kept + _FEWEST_FORGOTTEN:
                self._forget(now)
        return self._history

    def _changing(self, id_: str) -> _Moving | None:
        """An action of which more is said. What the candidate denies has never begun, so nothing
        more is said of it."""
        moving = self._moving.get(id_) or self._changed.get(id_)
        return None if moving is None or moving.answer in (DENY, NO_TASK) else moving

    def _put(self, moving: _Moving) -> None:
        """Notes an action as it is now."""
        self._changed[moving.id] = moving
        if moving.has_ended:
            self._moving.pop(moving.id, None)
        else:
            self._moving[moving.id] = moving

    def _settle(self) -> None:
        """Puts into the history what has changed. What stands there as something else makes it
        anew; all else is put behind it."""
        fresh: list[PastAction] = []
        is_other = False
        for id_, moving in self._changed.items():
            past, shown = moving.past(), self._shown.pop(id_, None)
            if self._matters(past):
                if moving.has_ended:
                    self._ended.append(past)
                else:
                    self._shown[id_] = past
                fresh += [past] if shown is None else []
            is_other = is_other or (shown is not None and shown != past)
        self._changed.clear()
        if is_other:
            self._history = History([*self._ended, *self._shown.values()])
        else:
            self._history = self._history.extended(*fresh)

    def _forget(self, now: datetime) -> None:
        """What no window reaches any more."""
        if self._reach is not None and now - _FIRST > self._reach + _A_SECOND:
            start = now - self._reach - _A_SECOND
            self._ended = [one for one in self._ended if one.at >= start]
            self._history = History([*self._ended, *self._shown.values()])
        self._kept = self._history.number

    def _matters(self, past: PastAction) -> bool:
        return self._asks_attempts or past.status not in ("proposed", "denied")
