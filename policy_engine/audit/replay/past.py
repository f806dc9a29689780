"""The replayed past of a table: what limits and windows see is what the candidate let happen.

Actions come in the order of time. What lies before the first of them is nothing; what lies farther
back than any window of the candidate reaches is forgotten, so the memory that the past takes is
bounded by what windows hold. The sums of limits are kept with the history (`decision/tallies.py`),
so an action costs the same however long the past is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.source import SourceError
from policy_engine.audit.unfolding import reach_of
from policy_engine.decision.history import History, PastAction

_NOTHING = History()
_A_SECOND = timedelta(seconds=1)
_FIRST = datetime.min.replace(tzinfo=UTC)
_FEWEST_FORGOTTEN = 20_000


class Past:
    """What has been replayed so far."""

    def __init__(self, candidate: Candidate) -> None:
        self._questions = candidate.questions
        self._remembered = candidate.remembered
        self._asks_attempts = candidate.asks_attempts
        self._reach = reach_of(self._questions.values())
        self._history = _NOTHING
        self._last: datetime | None = None
        self._kept = 0
        """How many there were when those too old were last forgotten."""

    def of(self, task: str) -> History:
        """What a decision about a task sees."""
        return self._history if task in self._questions else _NOTHING

    def follows(self, at: datetime, place: str) -> None:
        """Raises `SourceError` for an action that is older than the one before it."""
        if self._last is not None and at < self._last:
            raise SourceError(
                f"{place}: it is older than the one before it, and the policy asks about the "
                "past; sort by `now`"
            )
        self._last = at

    def add(self, action: PastAction) -> None:
        """Takes the next action."""
        if action.task not in self._remembered:
            return
        if not self._asks_attempts and action.status in ("proposed", "denied"):
            return
        self._history = self._history.extended(action)
        if self._history.number > 2 * self._kept + _FEWEST_FORGOTTEN:
            self._forget(action.at)

    def _forget(self, now: datetime) -> None:
        if self._reach is not None and now - _FIRST > self._reach + _A_SECOND:
            start = now - self._reach - _A_SECOND
            self._history = History(one for one in self._history.actions if one.at >= start)
        self._kept = self._history.number
