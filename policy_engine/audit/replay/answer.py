"""What a replay comes to: what flips, newly allowed first. Immutable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from policy_engine.audit.doubts import Doubt
from policy_engine.audit.replay.bands import Band
from policy_engine.audit.replay.examples import Example
from policy_engine.audit.replay.flips import (
    CELLS,
    FLIPPING,
    FLIPS,
    KINDS,
    RECORDED,
    TASK_GONE,
    WORDS,
    Kind,
    cell_of,
    kind_of,
    words_of,
)
from policy_engine.audit.replay.source import Form, Unread, Unreads
from policy_engine.audit.replay.tally import Groups, Tally
from policy_engine.foundation.canonical import Json


class Group(NamedTuple):
    """Actions that have something in common."""

    name: str
    total: int
    cells: tuple[tuple[int, int], ...]
    """Cells and how many actions each has, by number of the cell."""

    def number(self, kind: Kind) -> int:
        """How many of them flip in this direction."""
        return sum(number for cell, number in self.cells if kind_of(cell) is kind)

    @property
    def flips(self) -> int:
        """How many of them flip, or are not told; those of unknown tasks apart."""
        told_apart = (None, TASK_GONE)
        return sum(number for cell, number in self.cells if kind_of(cell) not in told_apart)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a candidate would have said to the past."""

    policy: str
    """The digest of the candidate."""
    form: Form
    cells: tuple[int, ...]
    tasks: tuple[Group, ...]
    agents: tuple[Group, ...]
    rules: tuple[Group, ...]
    """By deciding rule of the candidate; without a name those that no rule decides."""
    amounts: tuple[Group, ...]
    examples: tuple[Example, ...]
    unread: int
    first_unread: tuple[Unread, ...]
    with_past: int
    """How many actions were decided one by one, since their answer depends on the past."""
    doubts: tuple[Doubt, ...] = ()
    """What keeps the record from holding; its entries were replayed as they stand."""
    entries: int | None = None
    """How many entries the record has; None where the past is a table or lines."""

    @property
    def total(self) -> int:
        """How many actions there are."""
        return sum(self.cells)

    @property
    def flipped(self) -> int:
        """How many actions flip."""
        return sum(self.number(kind) for kind in FLIPPING)

    @property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """By recorded outcome, how many have each answer."""
        answers = range(len(WORDS))
        return tuple(
            tuple(self.cells[cell_of(recorded, answer)] for answer in answers)
            for recorded in range(RECORDED)
        )

    def number(self, kind: Kind) -> int:
        """How many actions flip in this direction."""
        return sum(self.cells[cell] for cell in FLIPS if kind_of(cell) is kind)

    @property
    def flips(self) -> tuple[tuple[int, int], ...]:
        """Each pair of two answers that occurs and how often, newly allowed first; what is not told
        and what is of unknown tasks come last."""
        return tuple((cell, self.cells[cell]) for cell in FLIPS if self.cells[cell])

    def as_json(self) -> dict[str, Json]:
        """The whole answer as data."""
        return {
            "policy": self.policy,
            "source": self.form,
            "actions": self.total,
            "of_known_tasks": self.total - self.number(TASK_GONE),
            "flipped": self.flipped,
            "decided_with_the_past": self.with_past,
            **{kind.name.replace("-", "_"): self.number(kind) for kind in KINDS},
            "matrix": {
                WORDS[recorded]: {word: row[at] for at, word in enumerate(WORDS)}
                for recorded, row in enumerate(self.matrix)
            },
            "flips": [_flip(*one) for one in self.flips if kind_of(one[0]) in FLIPPING],
            "no_flips": [_flip(*one) for one in self.flips if kind_of(one[0]) not in FLIPPING],
            "tasks": [_group(one) for one in self.tasks],
            "agents": [_group(one) for one in self.agents],
            "rules": [_group(one) for one in self.rules],
            "amounts": [_group(one) for one in self.amounts],
            "examples": [_example(one) for one in self.examples],
            "unread": {
                "number": self.unread,
                "first": [{"place": one.place, "why": one.why} for one in self.first_unread],
            },
            "entries": self.entries,
            "doubts": [one.as_json() for one in self.doubts],
        }


def answer_of(
    policy: str,
    form: Form,
    tally: Tally,
    examples: tuple[Example, ...],
    unreads: Unreads,
    with_past: int,
    doubts: tuple[Doubt, ...] = (),
    entries: int | None = None,
) -> Answer:
    """The answer that a tally is."""
    return Answer(
        policy,
        form,
        tuple(tally.cells),
        _groups(tally.tasks),
        _groups(tally.agents),
        _groups(tally.rules),
        _bands(tally.amounts),
        examples,
        unreads.number,
        tuple(unreads.first),
        with_past,
        doubts,
        entries,
    )


def _groups(groups: Groups) -> tuple[Group, ...]:
    """Those with most flips first, by direction, then by name."""
    return tuple(sorted(_each(groups), key=_place))


def _place(group: Group) -> tuple[object, ...]:
    return *(-group.number(kind) for kind in KINDS), -group.total, group.name


def _each(groups: Groups) -> Iterator[Group]:
    for name, cells in groups.counts.items():
        yield Group(str(name), sum(cells.values()), tuple(sorted(cells.items())))


def _bands(groups: Groups) -> tuple[Group, ...]:
    """By input, currency and size."""
    bands = sorted(name for name in groups.counts if isinstance(name, Band))
    found = []
    for band in bands:
        cells = groups.counts[band]
        name = f"{band.input}: {band.text}"
        found.append(Group(name, sum(cells.values()), tuple(sorted(cells.items()))))
    return tuple(found)


def _flip(cell: int, number: int) -> Json:
    kind = kind_of(cell)
    assert kind is not None
    return {"flip": words_of(cell), "kind": kind.name, "actions": number}


def _group(group: Group) -> Json:
    kinds: dict[str, Json] = {kind.name.replace("-", "_"): group.number(kind) for kind in KINDS}
    flips: dict[str, Json] = {
        words_of(cell): number for cell, number in group.cells if cell < CELLS
    }
    return {"name": group.name, "actions": group.total, **kinds, "cells": flips}


def _example(example: Example) -> Json:
    return {
        "flip": words_of(example.cell),
        "place": example.place,
        "task": example.task,
        "principal": example.principal,
        "input": dict(example.input),
        "rules": list(example.rules),
        "explanation": example.explanation,
    }
