"""Cells as Python data: a null was not given, and what Python has no datum for is unwritable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from policy_engine.decision.columns.data import data_of, decoded
from policy_engine.values.plain import Unwritable


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([{"a": 1, "b": None}, None]), [{"a": 1}, None]),
        (pa.array([[{"a": None}, {"a": 2}]]), [[{}, {"a": 2}]]),
        (pa.array([[("x", 1)]], pa.map_(pa.string(), pa.int64())), [{"x": 1}]),
        (pa.array([[("x", 1), ("x", 2)]], pa.map_(pa.string(), pa.int64())), [Unwritable]),
        (
            pa.array([[("x", {"a": None})]], pa.map_(pa.string(), pa.struct([("a", "i4")]))),
            [{"x": {}}],
        ),
        (pa.array([[1, None]]), [[1, None]]),
        (pa.array(["x", None, "x"]).dictionary_encode(), ["x", None, "x"]),
        (pa.array([b"x"]), [b"x"]),
        (pa.array([1500], pa.duration("ms")), [timedelta(milliseconds=1500)]),
        (pa.array([1500, 1], pa.duration("ns")), [Unwritable, Unwritable]),
        (
            pa.array([0, None], pa.timestamp("s", "Mars/Base")),
            [datetime(1970, 1, 1, tzinfo=UTC), None],
        ),
        (pa.array([10**12], pa.timestamp("s", "UTC")), [Unwritable]),
        (pa.array([10**12], pa.timestamp("s")), [Unwritable]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_cells(cells: pa.Array, expected: list[Any]) -> None:
    assert [_shown(cell) for cell in data_of(decoded(cells))] == expected


def _shown(cell: object) -> object:
    return Unwritable if isinstance(cell, Unwritable) else cell
