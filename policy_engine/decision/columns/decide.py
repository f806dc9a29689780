"""Deciding columns: the answers of `Engine.deciding`, for millions of rows.

    prepared = Prepared(program)
    decide_columns(prepared, table)         a table of answers, row by row those of the actions
    decide_batches(prepared, batches)       the same for a stream, a batch at a time

`shape.py` says what a table of actions looks like. An answer has three columns:

    outcome     `deny`, `escalate`, `validate` or `allow`, as a dictionary
    rules       the names of all rules that the outcome is owed to, in order
    allowed     whether the outcome is allow

Rows are decided with what they say and nothing else: no session, no past, no evidence. Tables of
numbers decide what they can; a row for which a rule with a test of its own could make a difference,
or with data that are not as declared, is decided by itself, like any action. What cannot be decided
is denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from policy_engine.decision.action import Action
from policy_engine.decision.code.program import verdicts_of
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.columns.answers import NOTHING, UNTOLD, Answers, names_of
from policy_engine.decision.columns.data import Part, Places, Words, validate
from policy_engine.decision.columns.holders import Holders, RolesOf, columns_of, holders_of
from policy_engine.decision.columns.keys import keys_of
from policy_engine.decision.columns.rows import verdicts_of_rows
from policy_engine.decision.columns.shape import Shape, shape_of
from policy_engine.decision.columns.sheets import Sheet, sheets_of
from policy_engine.decision.columns.tasks import Tasks, tasks_of
from policy_engine.decision.columns.untold import untold
from policy_engine.decision.program import Program
from policy_engine.foundation.errors import InputError

Table: TypeAlias = pa.Table
Batch: TypeAlias = pa.RecordBatch
"""Names for those who do not import Arrow themselves."""

SCHEMA = pa.schema(
    [
        ("outcome", pa.dictionary(pa.int8(), pa.string())),
        ("rules", pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        ("allowed", pa.bool_()),
    ]
)
"""The columns of the answers."""

_MOST_ROWS = 1 << 20
"""Rows that are decided together; so the memory that they take is bounded."""


class Prepared:
    """A program made ready to decide columns. Immutable; safe to share among threads."""

    def __init__(
        self,
        program: Program,
        verdicts: Verdicts | None = None,
        allows: Callable[[Action], bool | None] | None = None,
    ) -> None:
        """`verdicts` are those of the program, if they have been made already; `allows` is asked
        about all that is not denied, action by action, and denies it unless it answers True. Given
        verdicts must be narrowed by it already."""
        policy = program.policy
        self.verdicts = verdicts or verdicts_of(program, allows)
        self.narrowed = allows is not None
        self.names = names_of(sorted({*policy.rules, *policy.waivers}))
        subjects = [one.subject for one in policy.rules.values()]
        self.roles = sorted({role for subject in subjects for role in subject.roles})
        self.sheets = sheets_of(program, self.names.numbers, self.roles)
        self.places = {
            name: (place, number)
            for place, sheet in enumerate(self.sheets)
            for number, name in enumerate(sheet.tasks)
        }
        """By task its sheet, and its number on it."""


def decide_columns(
    prepared: Prepared,
    table: pa.Table,
    *,
    roles: RolesOf | None = None,
    now: datetime | None = None,
) -> pa.Table:
    """The answers to all rows of a table of actions, in their order.

    `roles` gives the roles of principals whose rows say none, all of them, those that others
    include too; with neither, roles are not known. `now` is the time of rows that say none (by
    default that of the machine's clock, once). Raises `InputError` for a table that is none of
    actions.
    """
    slices = (table.slice(start, _MOST_ROWS) for start in range(0, table.num_rows, _MOST_ROWS))
    whole = (batch for one in slices for batch in _together(one).to_batches())
    shape_of(table.schema)
    return pa.Table.from_batches(decide_batches(prepared, whole, roles=roles, now=now), SCHEMA)


def decide_batches(
    prepared: Prepared,
    batches: Iterable[pa.RecordBatch],
    *,
    roles: RolesOf | None = None,
    now: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """The same for a stream: the answers come as the batches do, in memory for one of them.

    A batch may have its answers in several, where it has more than a million rows or very many
    deciding rules.
    """
    now = datetime.now(UTC) if now is None else now
    if now.utcoffset() is None:
        raise ValueError("`now` needs its offset from UTC")
    for batch in batches:
        shape = shape_of(batch.schema)
        for start in range(0, batch.num_rows, _MOST_ROWS):
            one = batch.slice(start, _MOST_ROWS)
            yield from _Batch(prepared, one, shape, roles, now).answers()


def _together(table: pa.Table) -> pa.Table:
    """The same rows in as few chunks as possible, each column with one dictionary."""
    return table.unify_dictionaries().combine_chunks()


class _Batch:
    """One batch being decided."""

    def __init__(
        self,
        prepared: Prepared,
        batch: pa.RecordBatch,
        shape: Shape,
        roles_of: RolesOf | None,
        now: datetime,
    ) -> None:
        _validate(batch)
        self._prepared = prepared
        self._batch = batch
        self._shape = shape
        self._roles_of = roles_of
        self._now = now
        self._answers = Answers(prepared.names)

    def answers(self) -> Iterator[pa.RecordBatch]:
        """The answers, in batches."""
        tasks = self._tasks()
        numbers = np.full(self._batch.num_rows, NOTHING, np.intp)
        who = columns_of(self._batch, self._shape)
        holders = holders_of(who, self._prepared.roles, self._roles_of)
        for place, rows in tasks.by_sheet():
            numbers[rows] = self._on_sheet(self._prepared.sheets[place], tasks, holders, rows)
        apart = untold(self._batch, self._shape, self._prepared.sheets, tasks)
        if apart is not None:
            numbers[apart & (tasks.sheet < len(self._prepared.sheets))] = UNTOLD
        self._one_by_one(numbers, self._answers.untold(numbers))
        return self._answers.batches(numbers, SCHEMA)

    def _on_sheet(self, sheet: Sheet, tasks: Tasks, holders: Holders, rows: Part) -> Places:
        key = holders.keys(sheet)

        def first(part: Part) -> tuple[Places, Words]:
            numbers = tasks.numbers(part)
            return numbers, key(numbers, holders.rows(part))

        keys = keys_of(sheet, self._input, first, rows)
        return self._answers.of_keys(keys, sheet, narrowed=self._prepared.narrowed)

    def _tasks(self) -> Tasks:
        column = self._batch.column(self._shape.places["task"])
        return tasks_of(column, self._prepared.places, len(self._prepared.sheets))

    def _input(self, name: str) -> pa.Array | None:
        place = self._shape.data["input"].get(name)
        return self._batch.column(place) if place is not None else None

    def _one_by_one(self, numbers: Places, rows: Places) -> None:
        """Finds the answers that no table could tell, as those of single actions."""
        if len(rows):
            verdicts = verdicts_of_rows(
                self._batch,
                self._shape,
                rows,
                self._prepared.verdicts,
                self._roles_of,
                self._now,
            )
            of = self._answers.of_verdict
            numbers[rows] = [NOTHING if one is None else of(one) for one in verdicts]


def _validate(batch: pa.RecordBatch) -> None:
    """Raises `InputError` where the data of a column are not what they say that they are."""
    try:
        for column in batch.columns:
            validate(column)
    except pa.ArrowInvalid as error:
        raise InputError(f"the table cannot be read: {error}") from error
