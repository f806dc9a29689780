"""Counts of cells: of all actions, and by task, agent, rule and amount.

Tallies of parts add up to that of the whole, in whatever order the parts are counted, as long as
they are added in the order of their rows: of very many names, those met first are counted by
themselves and all others together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from policy_engine.audit.replay.bands import Band
from policy_engine.audit.replay.flips import CELLS

Name: TypeAlias = "str | Band"
MOST_NAMES = 100_000
"""So many names are counted by themselves; so the memory that they take is bounded."""
OTHERS = "(all others)"


@dataclass(slots=True)
class Groups:
    """Cells by name."""

    counts: dict[Name, Counter[int]] = field(default_factory=dict)

    def add(self, name: Name, cell: int, number: int = 1) -> None:
        """Counts some actions more."""
        known = self.counts.get(name)
        if known is None:
            if len(self.counts) >= MOST_NAMES:
                name = OTHERS
            known = self.counts.setdefault(name, Counter())
        known[cell] += number

    def merge(self, more: Groups) -> None:
        """Adds those of a later part."""
        for name, cells in more.counts.items():
            for cell, number in cells.items():
                self.add(name, cell, number)


class Counted(NamedTuple):
    """One action, as far as it is counted."""

    cell: int
    task: str
    agent: str
    rules: tuple[str, ...]
    bands: tuple[Band, ...]


@dataclass(slots=True)
class Tally:
    """Everything that is counted."""

    cells: list[int] = field(default_factory=lambda: [0] * CELLS)
    tasks: Groups = field(default_factory=Groups)
    agents: Groups = field(default_factory=Groups)
    rules: Groups = field(default_factory=Groups)
    """By deciding rule of the candidate; an action with several counts for each, and one that no
    rule decides for the empty name."""
    amounts: Groups = field(default_factory=Groups)

    def add(self, one: Counted) -> None:
        """Counts one action."""
        self.cells[one.cell] += 1
        self.tasks.add(one.task, one.cell)
        self.agents.add(one.agent, one.cell)
        for rule in one.rules or ("",):
            self.rules.add(rule, one.cell)
        for band in one.bands:
            self.amounts.add(band, one.cell)

    def merge(self, more: Tally) -> None:
        """Adds that of a later part."""
        self.cells = [a + b for a, b in zip(self.cells, more.cells, strict=True)]
        self.tasks.merge(more.tasks)
        self.agents.merge(more.agents)
        self.rules.merge(more.rules)
        self.amounts.merge(more.amounts)

    def total(self, cells: Iterable[int] = range(CELLS)) -> int:
        """How many actions these cells have."""
        return sum(self.cells[cell] for cell in cells)
