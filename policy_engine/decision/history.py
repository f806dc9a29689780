"""What has happened before: the past actions that rules may ask about.

The action under decision is never in its own history; the caller leaves it out. Actions that run,
or whose outcome nobody knows, may or may not have happened.

A history never changes. `extended` gives a longer one that shares with it all that has been worked
out so far: the actions stand in one row that only grows, and each history sees its first so many.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, get_args

from policy_engine.decision.action import Principal

Status: TypeAlias = Literal[
    "proposed", "denied", "running", "executed", "withheld", "failed", "unknown"
]
_STATUSES = frozenset(get_args(Status))


@dataclass(frozen=True, slots=True)
class PastAction:
    """An action that somebody proposed, and what became of it.

    `withheld`: it was carried out, and its output kept back.
    """

    task: str
    input: Mapping[str, object]
    principal: Principal
    at: datetime
    status: Status
    approved: bool = False
    """Whether people signed it, whatever came after."""
    output: tuple[object, ...] = ()
    """What came back, in a tuple of one; empty where nothing did."""
    context: Mapping[str, object] = field(default_factory=dict)
    session: str | None = None
    root: str | None = None
    id: str | None = None
    chain: tuple[Principal, ...] = ()
    """Who delegated it, outermost first."""

    @property
    def doers(self) -> tuple[Principal, ...]:
        """Everybody who did it: who delegated it, and at last the principal itself."""
        return (*self.chain, self.principal)

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("the time of a past action needs its offset from UTC")
        if self.status not in _STATUSES:
            raise ValueError(f"`{self.status}` is no status of a past action")
        if len(self.output) > 1:
            raise ValueError("a past action has one output or none")


class Derived(Protocol):
    """What has been worked out about the first so many actions of a row."""

    def add(self, number: int, action: PastAction) -> bool:
        """Takes in the next action, at this place of the row; False: nobody needs it any more.

        Whatever was worked out about the actions before must stay as it is.
        """
        ...


class History:
    """Past actions, oldest first. `since` None: all there ever were; else nothing before it is
    known. Raises `ValueError` where `since` has no offset from UTC."""

    __slots__ = ("_actions", "_number", "_row", "_since", "kept")

    kept: dict[int, Derived]
    """What has been worked out about it, by the identity of what it was worked out for."""

    def __init__(self, actions: Iterable[PastAction] = (), since: datetime | None = None) -> None:
        if since is not None and since.utcoffset() is None:
            raise ValueError("the beginning of a history needs its offset from UTC")
        ordered = sorted(actions, key=_time)
        self._row = _Row(ordered)
        self._number = len(ordered)
        self._since = since
        self._actions: tuple[PastAction, ...] | None = None
        self.kept = {}

    @property
    def since(self) -> datetime | None:
        return self._since

    @property
    def number(self) -> int:
        """How many actions there are."""
        return self._number

    @property
    def actions(self) -> tuple[PastAction, ...]:
        known = self._actions
        if known is None:
            known = self._actions = tuple(self._row.actions[: self._number])
        return known

    def of(self, tasks: Iterable[str], start: datetime | None = None) -> list[PastAction]:
        """The actions of some tasks from an instant on, task by task, oldest first."""
        found: list[PastAction] = []
        for line in self._row.lines_of(tasks):
            first, last = line.between(start, self._number)
            found += line.actions[first:last]
        return found

    def number_of(self, tasks: Iterable[str], start: datetime | None = None) -> int:
        """How many those are."""
        found = (line.between(start, self._number) for line in self._row.lines_of(tasks))
        return sum(last - first for first, last in found)

    def numbered(self, tasks: Iterable[str]) -> list[tuple[int, PastAction]]:
        """All actions of some tasks with their places in the row, oldest first."""
        found: list[tuple[int, PastAction]] = []
        for line in self._row.lines_of(tasks):
            _, last = line.between(None, self._number)
            found += zip(line.places[:last], line.actions[:last], strict=True)
        found.sort(key=_place)
        return found

    def extended(self, *actions: PastAction) -> History:
        """A history with more actions; this one stays as it is.

        What has been worked out is carried on where the new ones are not older than the last and
        this history has not been extended before; else it is worked out anew when it is needed.
        """
        more = sorted(actions, key=_time)
        if not more:
            return self
        row, number = self._row, self._number
        is_older = number > 0 and more[0].at < row.actions[number - 1].at
        if is_older or not row.claimed(number):
            return History((*self.actions, *more), self._since)
        kept = self.kept.copy()
        for place, action in enumerate(more, number):
            row.add(place, action)
            kept = {key: derived for key, derived in kept.items() if derived.add(place, action)}
        longer = History((), self._since)
        longer._row, longer._number, longer.kept = row, number + len(more), kept
        row.offered(longer._number)
        return longer

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return (self.actions, self._since) == (other.actions, other._since)

    __hash__ = None  # type: ignore[assignment]  # what was put in is a mapping

    def __repr__(self) -> str:
        return f"History(actions={self.actions!r}, since={self._since!r})"

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.actions, self._since)


class _Line:
    """The actions of one task, and at which places of the row they stand."""

    __slots__ = ("actions", "places")

    def __init__(self) -> None:
        self.actions: list[PastAction] = []
        self.places: list[int] = []

    def between(self, start: datetime | None, number: int) -> tuple[int, int]:
        """From which to which: not before an instant, among the first `number` of the row."""
        last = bisect_left(self.places, number)
        first = 0 if start is None else bisect_left(self.actions, start, hi=last, key=_time)
        return first, last


class _Row:
    """Actions in the order of time, shared by a history and those that extend it.

    Whoever takes the ticket of its end may add to it, once, so two threads never both do. Those
    who read look no further than their own number.
    """

    __slots__ = ("_lines", "_tickets", "actions")

    def __init__(self, ordered: list[PastAction]) -> None:
        self.actions: list[PastAction] = []
        self._lines: dict[str, _Line] = {}
        self._tickets: dict[int, bool] = {len(ordered): True}
        for place, action in enumerate(ordered):
            self.add(place, action)

    def claimed(self, number: int) -> bool:
        """Whether this is the end, and nobody else has taken it; `pop` is one step."""
        return self._tickets.pop(number, False)

    def offered(self, number: int) -> None:
        """The row ends here, and may be extended."""
        self._tickets[number] = True

    def add(self, place: int, action: PastAction) -> None:
        """The place comes last: an action without it is one that no history sees."""
        self.actions.append(action)
        line = self._lines.setdefault(action.task, _Line())
        line.actions.append(action)
        line.places.append(place)

    def lines_of(self, tasks: Iterable[str]) -> list[_Line]:
        found = (self._lines.get(task) for task in sorted(tasks))
        return [line for line in found if line is not None]


def _time(action: PastAction) -> datetime:
    return action.at


def _place(numbered: tuple[int, PastAction]) -> int:
    return numbered[0]
