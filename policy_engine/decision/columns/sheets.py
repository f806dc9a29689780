"""The rules of tasks as tables of numbers: a row for each task, a bit for each rule.

Tasks with the same inputs and about as many rules share a *sheet*. The state of an action is a
*key*: words of 64 bits, first a bit for each rule that is still possible, and in the last word the
number of the task and, as its highest bit, whether the tables can tell the answer at all. Who acts
gives the key (`holders`); the table of each input takes away what its value rules out; what is
left is the answer (`answers`). A value that cannot be told takes the highest bit away.

The masks are those of `decision/code/vectors.py`, so columns and single actions go by the same
tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from policy_engine.decision.code.function import Entries, entries_of
from policy_engine.decision.code.levels import LEVELS, Level
from policy_engine.decision.code.naming import variable_of
from policy_engine.decision.code.vectors import (
    Choices,
    Entry,
    Ranges,
    Vectors,
    constants_of,
    vectors_of,
)
from policy_engine.decision.columns.axes import Axis
from policy_engine.decision.columns.data import Places, Words
from policy_engine.decision.program import Program
from policy_engine.values.types import Field, Type

KINDS = ("agent", "human")
_MOST_INLINED = 1 << 21
"""Words of a table that is looked up in one step."""

Inputs: TypeAlias = frozenset[tuple[str, Type, bool]]
"""The name and type of each input, and whether it may be left out."""


class Coarse(NamedTuple):
    """What else decides where one mask stands for several positions."""

    open: Words
    """For each mask, the rules of it that hold at some of its positions only."""
    first: Places
    last: Places
    """By task and bit, the codes between which a rule holds."""


@dataclass(frozen=True, slots=True)
class Table:
    """What rules are possible, by task and by the code of one input."""

    axis: Axis
    places: Places
    """By task times width plus code, which of the masks."""
    masks: Words
    inlined: Words | None
    """The masks themselves by task and code, where that is small."""
    coarse: Coarse | None

    def is_void(self, code: int) -> bool:
        """Whether this code takes no rule away, whatever the task."""
        return not self.places[code :: self.axis.width].any()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Tasks with the same inputs, decided together. Words are by task, then by what is said."""

    tasks: tuple[str, ...]
    words: int
    inputs: frozenset[str]
    tables: tuple[Table, ...]
    subjects: Words
    """By task and kind: the first key of somebody without roles."""
    roles: Words
    """By task and role: the rules about it."""
    levels: Mapping[Level, Words]
    settled: Words
    """Rules that the tables decide alone."""
    names: Places
    """By task and bit: the number of the rule's name."""

    @property
    def shift(self) -> int:
        """Where in the last word the number of the task is."""
        return shift_of(len(self.tasks))


def shift_of(tasks: int) -> int:
    """Below the highest bit, as many bits as the number of a task takes."""
    return 63 - tasks.bit_length()


class _Mapped(NamedTuple):
    """One task: its vectors, with the bits of all levels side by side."""

    name: str
    fields: tuple[Field, ...]
    is_open: bool
    """Whether no table can tell its answers."""
    rules: tuple[str, ...]
    levels: Mapping[Level, int]
    hard: int
    """Rules with something that no table answers."""
    every: int
    vectors: Vectors
    constants: Mapping[str, tuple[object, ...]]

    @property
    def inputs(self) -> Inputs:
        return frozenset((f.name, f.type, f.optional) for f in self.fields)


def sheets_of(
    program: Program, names: Mapping[str, int], roles: Sequence[str]
) -> tuple[Sheet, ...]:
    """The sheets of a program. `names` number all rules, `roles` are those that rules are about."""
    most = len(program.tasks).bit_length() + 1
    alike: dict[tuple[int, Inputs], list[_Mapped]] = {}
    for _, rules in sorted(program.tasks.items()):
        mapped = _mapped(entries_of(rules, program.policy), rules.task.name, rules.task.inputs)
        if rules.task.exclusive:
            mapped = mapped._replace(is_open=True)
        words = (len(mapped.rules) + most + 63) // 64
        alike.setdefault((words, mapped.inputs), []).append(mapped)
    return tuple(_sheet(tasks, words, names, roles) for (words, _), tasks in alike.items())


def words_of(masks: Iterable[int], words: int) -> Words:
    """Masks as rows of words, the lowest bits first; negative ones have all bits above."""
    size, whole = 8 * words, (1 << 64 * words) - 1
    data = b"".join((mask & whole).to_bytes(size, "little") for mask in masks)
    return np.frombuffer(data, "<u8").astype(np.uint64).reshape(-1, words)


def _mapped(entries: Entries, name: str, fields: tuple[Field, ...]) -> _Mapped:
    rules: list[str] = []
    levels: dict[Level, int] = {}
    moved: list[Entry] = []
    hard = 0
    for level in LEVELS:
        start = len(rules)
        rules += entries.names[level]
        levels[level] = (1 << len(rules)) - (1 << start)
        moved += [entry._replace(bit=entry.bit + start) for entry in entries.levels[level]]
        if level == "deny":
            moved += [one.entry for one in entries.waived]
            hard = sum(1 << one.entry.bit for one in entries.waived)
    constants = constants_of(moved)
    vectors = vectors_of(moved, constants)
    hard |= sum(1 << bit for bit, _ in vectors.left)
    every = sum(1 << entry.bit for entry in moved)
    return _Mapped(
        name,
        fields,
        False,
        tuple(rules),
        levels,
        hard,
        every,
        vectors,
        _compared(vectors, constants),
    )


def _compared(
    vectors: Vectors, constants: Mapping[str, tuple[object, ...]]
) -> Mapping[str, tuple[object, ...]]:
    """What each variable is compared with, by order or not."""
    choices = [table for table in vectors.tables if isinstance(table, Choices)]
    return {**constants, **{table.variable: tuple(table.masks) for table in choices}}


def _sheet(
    tasks: Sequence[_Mapped], words: int, numbers: Mapping[str, int], roles: Sequence[str]
) -> Sheet:
    top = 64 * words - 1
    shift = 64 * (words - 1) + shift_of(len(tasks))
    subjects: list[int] = []
    for number, task in enumerate(tasks):
        head = (number << shift) | ((not task.is_open) << top)
        by_kind = task.vectors.kinds
        subjects += [head | task.vectors.everybody | by_kind.get(kind, 0) for kind in KINDS]  # type: ignore[call-overload]
    named = np.zeros((len(tasks), 64 * words), np.intp)
    for number, task in enumerate(tasks):
        named[number, : len(task.rules)] = [numbers[rule] for rule in task.rules]
    return Sheet(
        tuple(task.name for task in tasks),
        words,
        frozenset(field.name for field in tasks[0].fields),
        tuple(_table(field, tasks, words) for field in tasks[0].fields),
        words_of(subjects, words),
        words_of((task.vectors.roles.get(role, 0) for task in tasks for role in roles), words),
        {level: words_of((task.levels[level] for task in tasks), words) for level in LEVELS},
        words_of((task.every & ~task.hard for task in tasks), words),
        named.reshape(-1),
    )


def _table(field: Field, tasks: Sequence[_Mapped], words: int) -> Table:
    """The first mask takes nothing away, the second the highest bit."""
    variable = variable_of("i", field.name)
    compared = {value for task in tasks for value in task.constants.get(variable, ())}
    axis = Axis(field.name, field.type, tuple(sorted(compared)))  # type: ignore[type-var]
    places = np.zeros((len(tasks), axis.width), np.intp)
    places[:, axis.untold] = 1
    places[:, axis.absent] = 0 if field.optional else 1
    masks, open_ = [-1, (1 << 64 * words - 1) - 1], [0, 0]
    odd = {value: 2 * number + 1 for number, value in enumerate(axis.constants)}
    first = np.zeros((len(tasks), 64 * words), np.intp)
    last = np.full((len(tasks), 64 * words), axis.width)
    for number, task in enumerate(tasks):
        table = next((t for t in task.vectors.tables if t.variable == variable), None)
        if table is None:
            continue
        own = _own_places(table, sorted(odd[value] for value in task.constants[variable]), axis)
        masked, left = _masks(table)
        places[number, : axis.absent] = len(masks) + own[1]
        masks += [mask | ~task.every for mask in masked]
        open_ += left
        if isinstance(table, Ranges) and table.shift:
            bits = len(table.first)
            first[number, :bits] = np.searchsorted(own[0], table.first, "left")
            last[number, :bits] = np.searchsorted(own[0], table.last, "right") - 1
    coarse = Coarse(words_of(open_, words), first.reshape(-1), last.reshape(-1))
    every, flat = words_of(masks, words), places.reshape(-1)
    inlined = every.take(flat, axis=0) if flat.size * words <= _MOST_INLINED else None
    return Table(axis, flat, every, inlined, coarse if any(open_) else None)


def _own_places(table: Choices | Ranges, codes: Sequence[int], axis: Axis) -> tuple[Places, Places]:
    """For each code of a value: its position among a task's own constants, and which mask it has.

    `codes` are those of the task's constants, in order. A position counts the constants below
    twice, and once the one that it is on.
    """
    every, own = np.arange(axis.absent), np.array(codes, np.intp)
    positions = np.searchsorted(own, every, "left") + np.searchsorted(own, every, "right")
    if isinstance(table, Ranges):
        return positions, positions >> table.shift
    return positions, np.where(positions % 2 == 1, (positions + 1) // 2, 0)


def _masks(table: Choices | Ranges) -> tuple[list[int], list[int]]:
    """The masks in order (of choices first that of any other value), and what they leave open."""
    if isinstance(table, Ranges):
        return list(table.masks), list(table.open) or [0] * len(table.masks)
    chosen = [table.masks[value] for value in sorted(table.masks)]  # type: ignore[type-var]
    return [table.other, *chosen], [0] * (len(chosen) + 1)
