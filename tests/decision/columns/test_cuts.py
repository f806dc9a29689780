"""Positions among constants are exact, whatever a column holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from decimal import Decimal
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, strategies as st

from policy_engine.decision.columns import cuts
from tests.properties.profile import examples

NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.decimals(-5, 5, places=2),
    st.floats(-1e6, 1e6).map(lambda number: Decimal(repr(number))),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, Decimal("0.1") + Decimal("1E-30")]),
)
CONSTANTS = st.lists(NUMBERS, max_size=6).map(lambda some: sorted(set(some)))


@pytest.mark.parametrize("widest", [0, 1 << 20])
@examples(150)
@given(constants=CONSTANTS, column=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8))
def test_integers(widest: int, constants: list[Decimal], column: list[int]) -> None:
    near = [int(c) + d for c in constants for d in (-1, 0, 1) if abs(int(c)) < 2**62]
    with patch.object(cuts, "_WIDEST", widest):
        found = cuts.of_integers(constants).positions(np.array([*column, *near], np.int64))
    assert found.tolist() == [_position(constants, number) for number in (*column, *near)]


@examples(150)
@given(constants=CONSTANTS, column=st.lists(st.floats(-1e6, 1e6), max_size=8))
def test_floats(constants: list[Decimal], column: list[float]) -> None:
    """Each stands where the decimal stands that its shortest text shows."""
    nearest = [float(constant) for constant in constants]
    near = [float(np.nextafter(n, d)) for n in nearest for d in (-np.inf, n, np.inf)]
    found = cuts.of_floats(constants).positions(np.array([*column, *near], np.float64))
    exact = [Decimal(repr(number)) for number in (*column, *near)]
    assert found.tolist() == [_position(constants, number) for number in exact]


def _position(constants: list[Decimal], number: int | Decimal) -> int:
    return bisect_left(constants, number) + bisect_right(constants, number)
