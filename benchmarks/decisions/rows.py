"""What a benchmark says: rows with a figure and perhaps a goal, and what could not be measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Goal(NamedTuple):
    """A bound that the figure of a row is to keep."""

    bound: float
    at_most: bool

    def is_met(self, figure: float) -> bool:
        """Whether the figure keeps the bound."""
        return figure <= self.bound if self.at_most else figure >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:,g}"


def at_most(bound: float) -> Goal:
    """Less is better."""
    return Goal(bound, True)


def at_least(bound: float) -> Goal:
    """More is better."""
    return Goal(bound, False)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `key` names it in the baseline; `×` is the unit of a ratio."""

    key: str
    title: str
    figure: float
    unit: str
    goal: Goal
    has_goal: bool = True
    """Without one, the bound only says which way is better."""
    detail: dict[str, float] = field(default_factory=dict)
    """What the figure was made of: microseconds, unless the name says otherwise."""


class Absent(NamedTuple):
    """What could not be measured, and why."""

    key: str
    reason: str


Finding: TypeAlias = Row | Absent


class Settings(NamedTuple):
    """How much is measured, and beside whom."""

    sizes: tuple[int, ...]
    crowds: tuple[int, ...]
    """Rules on one task."""
    pasts: tuple[int, ...]
    """Past actions."""
    batch: int
    """Rows decided at once."""
    requests: int
    rounds: int
    peers: tuple[str, ...]


THOROUGH = Settings(
    (10, 100, 1_000, 10_000), (100, 900, 9_000), (1_000, 10_000, 100_000), 1_000_000, 2_000, 15, ()
)
QUICK = Settings((10, 1_000), (100, 900), (1_000, 10_000), 100_000, 500, 7, ())
