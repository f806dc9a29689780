"""The past as it unfolds: a history that follows what becomes of actions.

It grows; it is made anew only where something in it has become something else since, as what waits
or runs does. What lies farther back than any window reaches is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from policy_engine.decision.history import History, PastAction
from policy_engine.runtime.past import Question

_FIRST = datetime.min.replace(tzinfo=UTC)
_A_SECOND = timedelta(seconds=1)
_FEWEST_FORGOTTEN = 20_000


class Unfolding(Protocol):
    """An action of which more may be said, until it `has_ended`."""

    @property
    def id(self) -> str: ...

    @property
    def has_ended(self) -> bool: ...

    def past(self) -> PastAction: ...


_One = TypeVar("_One", bound=Unfolding)


def reach_of(questions: Iterable[Question]) -> timedelta | None:
    """How far back the farthest of these questions reaches; None: to the beginning."""
    reaches = [one.reach for one in questions]
    known = [reach for reach in reaches if reach is not None]
    return max(known) if known and len(known) == len(reaches) else None


class Unfolded(Generic[_One]):
    """What has become of all actions so far."""

    def __init__(self, reach: timedelta | None, matters: Callable[[PastAction], bool]) -> None:
        """`reach` is that of the longest window; None: to the beginning. What does not matter is
        left out."""
        self._reach = reach
        self._matters = matters
        self._changed: dict[str, _One] = {}
        """Those that are not in the history yet as they are."""
        self._shown: dict[str, PastAction] = {}
        """Those in the history that may still change, as they stand there."""
        self._ended: list[PastAction] = []
        self._history = History()
        self._kept = 0

    def put(self, action: _One) -> None:
        """Notes an action as it is now."""
        self._changed[action.id] = action

    def changed(self, id_: str) -> _One | None:
        """An action that has changed since anybody asked."""
        return self._changed.get(id_)

    def history(self, now: datetime, leaving_out: str | None = None) -> History:
        """What a decision sees at this moment; an action that has not ended can be left out."""
        if self._changed:
            self._settle()
            if self._history.number > 2 * self._kept + _FEWEST_FORGOTTEN:
                self._forget(now)
        if leaving_out in self._shown:
            others = [past for id_, past in self._shown.items() if id_ != leaving_out]
            return History([*self._ended, *others])
        return self._history

    def _settle(self) -> None:
        """Puts into the history what has changed. What stands there as something else makes it
        anew; all else is put behind it."""
        fresh: list[PastAction] = []
        is_other = False
        for id_, action in self._changed.items():
            past, shown = action.past(), self._shown.pop(id_, None)
            if self._matters(past):
                if action.has_ended:
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
