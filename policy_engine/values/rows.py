"""The rows of a table: which one has given values."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.values.arithmetic import equal

Rows = Sequence[tuple[tuple[object, ...], object]]
"""Cells (None: any value) with what they stand for; no two rows overlap."""


def row_of(rows: Rows, values: tuple[object, ...], otherwise: object, unknown: object) -> object:
    """What the one row stands for whose cells are the values; `otherwise` where none is.

    `unknown` where that cannot be told, since a comparison has no answer.
    """
    is_open = False
    for cells, value in rows:
        truths = [
            equal(cell, given)
            for cell, given in zip(cells, values, strict=True)
            if cell is not None
        ]
        if all(truths):
            return value
        is_open = is_open or False not in truths
    return unknown if is_open else otherwise
