"""Equal rows have the same number, and only they."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

from policy_engine.decision.columns import numbering
from policy_engine.decision.columns.numbering import numbered

ROWS = np.array([[1, 2], [1, 3], [1, 2], [0, 2]], np.uint64)


@pytest.mark.parametrize("width", [1, 2])
def test_rows_by_their_numbers(width: int) -> None:
    rows = ROWS[:, :width]
    numbers, different = numbered(rows)
    assert different.take(numbers, axis=0).tolist() == rows.tolist()
    assert len(different) == len({tuple(row) for row in rows.tolist()})


def test_rows_that_are_mixed_to_the_same_word() -> None:
    with patch.object(numbering, "_mixed", lambda rows: np.zeros(len(rows), np.uint64)):
        numbers, different = numbered(ROWS)
    assert different.take(numbers, axis=0).tolist() == ROWS.tolist()
    assert len(different) == 3
