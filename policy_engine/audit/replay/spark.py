"""The same kernel under Spark, for a past that one machine does not hold (extra `spark`).

    frame = session.read.parquet("s3a://audit/actions")
    answer = spark_replay(frame, load)

Each worker replays its part of the frame as `table.py` does here, by the same functions, and hands
back what it counted; parts are added up in their order. A frame has the columns of a table of past
actions (`source.py`). Limits and other questions about the past need all actions in the order of
time, which no worker has, so a candidate that asks any is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from policy_engine.audit.replay.answer import Answer, answer_of
from policy_engine.audit.replay.bands import Band
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.examples import Example
from policy_engine.audit.replay.flips import EXAMPLES, FLIPS
from policy_engine.audit.replay.kernel import part_of
from policy_engine.audit.replay.source import (
    Rows,
    SourceError,
    Unread,
    Unreads,
    check_columns,
    is_of_interest,
)
from policy_engine.audit.replay.table import Replayed
from policy_engine.audit.replay.tally import Groups, Tally

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Load = Callable[[], Candidate]
"""Makes the candidate, here and on each worker; so it names files that all of them can read."""

_GROUPS = ("tasks", "agents", "rules", "amounts")
_COUNTED = pa.schema([("part", pa.int32()), ("counted", pa.string())])


def spark_replay(
    frame: DataFrame, load: Load, *, examples: int = EXAMPLES, now: datetime | None = None
) -> Answer:
    """What a candidate says to the actions of a frame.

    The arguments are those of `replay`; rows are numbered within their part (`part 2, row 7`).
    Raises `SourceError` for a frame of another shape, and for a candidate that asks about the past.
    """
    at = datetime.now(UTC) if now is None else now
    if at.utcoffset() is None:
        raise ValueError("`now` needs its offset from UTC")
    candidate = load()
    if candidate.questions:
        tasks = ", ".join(f"`{task}`" for task in sorted(candidate.questions))
        raise SourceError(f"the policy asks about the past of {tasks}, which no worker knows")
    names = [name for name in frame.columns if is_of_interest(name)]
    # Spark takes a point in a name for a step into a record, so columns go to workers by number.
    numbered = frame.select(*(f"`{name}`" for name in names)).toDF(*map(str, range(len(names))))
    counting = _Counting(load, tuple(names), at, examples)
    rows = numbered.mapInArrow(counting, "part int, counted string").collect()
    tally, unreads, told = Tally(), Unreads(), list[Example]()
    for row in sorted(rows, key=lambda row: int(row["part"])):
        _merge(json.loads(row["counted"]), f"part {row['part'] + 1}", tally, unreads, told)
    first = [one for cell in FLIPS for one in [e for e in told if e.cell == cell][:examples]]
    return answer_of(candidate.policy.digest, "parquet", tally, tuple(first), unreads, 0)


@dataclass(frozen=True)
class _Counting:
    """What a worker does with its part: one row comes back, in JSON."""

    load: Load
    names: tuple[str, ...]
    """Of the columns."""
    now: datetime
    most: int

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        part = context.partitionId() if context is not None else 0
        try:
            counted = _account(self._counted(batches))
        except SourceError as error:
            counted = {"error": str(error)}
        columns = [pa.array([part], pa.int32()), pa.array([json.dumps(counted)])]
        yield pa.record_batch(columns, schema=_COUNTED)

    def _counted(self, batches: Iterable[pa.RecordBatch]) -> Replayed:
        candidate, first = self.load(), 1
        replayed = Replayed(candidate, self.now, self.most)
        for one in batches:
            batch = pa.record_batch(one.columns, list(self.names))
            check_columns("the frame", batch.schema)
            replayed.part(part_of(candidate, Rows(first, batch), self.now, self.most))
            first += batch.num_rows
        return replayed


def _account(replayed: Replayed) -> dict[str, object]:
    tally = replayed.tally
    return {
        "cells": tally.cells,
        **{name: _listed(getattr(tally, name)) for name in _GROUPS},
        "unread": [replayed.unreads.number, replayed.unreads.first],
        "examples": replayed.examples.told(),
    }


def _listed(groups: Groups) -> list[object]:
    return [[name, [*cells.items()]] for name, cells in groups.counts.items()]


def _merge(
    counted: dict[str, Any], part: str, tally: Tally, unreads: Unreads, told: list[Example]
) -> None:
    """Adds what a worker has handed back. Raises `SourceError` where it could not read its part."""
    if "error" in counted:
        raise SourceError(f"{part}: {counted['error']}")
    more = Tally(counted["cells"])
    for name in _GROUPS:
        named = {
            Band(*key) if isinstance(key, list) else key: Counter(dict(cells))
            for key, cells in counted[name]
        }
        setattr(more, name, Groups(named))
    tally.merge(more)
    number, first = counted["unread"]
    for place, why in first:
        unreads.add(*Unread(f"{part}, {place}", why))
    unreads.number += number - len(first)
    for cell, place, task, principal, input_, rules, explanation in counted["examples"]:
        shown = tuple((name, value) for name, value in input_)
        place = f"{part}, {place}"
        told.append(Example(cell, place, task, principal, shown, tuple(rules), explanation))
