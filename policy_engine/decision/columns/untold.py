"""Rows that no table can decide, for what they say besides the inputs of their task.

An input that the task does not declare does not fit. A context or an attribute that is not surely
of the simple kind could make an action one that cannot be written down.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from policy_engine.decision.columns.data import Flags, decoded, given
from policy_engine.decision.columns.shape import Shape
from policy_engine.decision.columns.sheets import Sheet
from policy_engine.decision.columns.simple import surely_simple
from policy_engine.decision.columns.tasks import Tasks


def untold(
    batch: pa.RecordBatch, shape: Shape, sheets: tuple[Sheet, ...], tasks: Tasks
) -> Flags | None:
    """For each row whether it must be decided by itself; None: none must."""
    found = [*_strangers(batch, shape, sheets, tasks), *_intricate(batch, shape)]
    return np.logical_or.reduce(found) if found else None


def _strangers(
    batch: pa.RecordBatch, shape: Shape, sheets: tuple[Sheet, ...], tasks: Tasks
) -> Iterator[Flags]:
    there = np.flatnonzero(tasks.counts)
    for name, place in shape.data["input"].items():
        column = batch.column(place)
        declared = np.array([*(name in one.inputs for one in sheets), True], np.bool_)
        if column.null_count < len(column) and not declared[there].all():
            yield given(decoded(column)) & ~declared.take(tasks.sheet)


def _intricate(batch: pa.RecordBatch, shape: Shape) -> Iterator[Flags]:
    for root in ("context", "agent", "human"):
        for place in shape.data[root].values():
            column = decoded(batch.column(place))
            simple = surely_simple(column)
            if not simple.all():
                yield given(column) & ~simple
