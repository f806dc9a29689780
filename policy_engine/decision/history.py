"""What has happened before: the past actions that rules may ask about.

The action under decision is never in its own history; the caller leaves it out. Actions that run,
or whose outcome nobody knows, may or may not have happened.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, get_args

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


@dataclass(frozen=True, slots=True)
class History:
    """Past actions. `since` None: all there ever were; else nothing before it is known."""

    actions: tuple[PastAction, ...] = ()
    since: datetime | None = None
    _by_task: dict[str, list[PastAction]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    kept: dict[int, tuple[object, object]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What has been worked out about it, by the identity of what it was worked out for."""

    def __post_init__(self) -> None:
        if self.since is not None and self.since.utcoffset() is None:
            raise ValueError("the beginning of a history needs its offset from UTC")
        for action in sorted(self.actions, key=_time):
            self._by_task.setdefault(action.task, []).append(action)

    def of(self, tasks: Iterable[str], start: datetime | None = None) -> list[PastAction]:
        """The actions of some tasks from an instant on, task by task, oldest first."""
        found: list[PastAction] = []
        for task in sorted(tasks):
            known = self._by_task.get(task, [])
            first = 0 if start is None else bisect_left(known, start, key=_time)
            found += known[first:]
        return found


def _time(action: PastAction) -> datetime:
    return action.at
