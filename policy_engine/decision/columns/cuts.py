"""Where numbers stand among constants, exactly, without a Python object for each.

Constants are exact numbers; a column has integers or floats. A position is even between two
constants and odd on one, as in `vectors`. An integer stands beside the constant 2.5 as beside its
floor. A float stands for the decimal that its shortest text shows; rounding keeps the order, so it
is enough to know what stands at and between the floats that are nearest to the constants.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from policy_engine.decision.columns.data import Places

_LEAST, _MOST = -(2**63), 2**63 - 1
_WIDEST = 1 << 20
"""Numbers in a table of all positions, of two bytes each as a rule."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The numbers nearest to constants, in order, and the positions at and between them."""

    numbers: Any
    at: Places
    between: Places
    """Below the first, between each two, above the last."""
    every: Any = None
    """For integers that lie close, the positions of all from one below the first to one above the
    last."""

    def positions(self, column: Any) -> Places:
        """The position of each number; of what is no number, any."""
        if self.every is not None:
            first = int(self.numbers[0]) - 1
            places = np.clip(column, first, first + len(self.every) - 1)
            places -= first
            found: Places = self.every.take(places, mode="clip").astype(np.intp)
            return found
        return self._searched(column)

    def _searched(self, column: Any) -> Places:
        places = np.searchsorted(self.numbers, column)
        found: Places = self.between.take(places)
        if len(self.numbers):
            hits = np.flatnonzero(self.numbers.take(places, mode="clip") == column)
            found[hits] = self.at.take(places[hits])
        return found


def number_of(constant: object) -> int | Decimal:
    """A constant as a number: of an instant its microseconds, of a day its days, since 1970."""
    match constant:
        case datetime():
            return (constant - _EPOCH) // _A_MICROSECOND
        case date():
            return constant.toordinal() - _EPOCH.toordinal()
        case int() | Decimal():
            return constant
        case _:
            raise TypeError(f"a {type(constant).__name__} is no number")


def of_integers(constants: Sequence[Any]) -> Cuts:
    """The cuts for a column of 64-bit integers; the constants are in order, each once."""
    floors = [math.floor(constant) for constant in constants]
    numbers = sorted({floor for floor in floors if _LEAST <= floor <= _MOST})
    at = [_position(constants, number) for number in numbers]
    between = [2 * bisect_left(floors, number) for number in numbers]
    cuts = _cuts(np.array(numbers, np.int64), at, [*between, 2 * bisect_right(floors, _MOST)])
    if not numbers or numbers[-1] - numbers[0] > _WIDEST:
        return cuts
    first, last = numbers[0] - 1, numbers[-1] + 1
    if first < _LEAST or last > _MOST:
        return cuts
    every = cuts.positions(np.arange(first, last + 1, dtype=np.int64))
    every = every.astype(np.min_scalar_type(2 * len(constants) + 1))
    return Cuts(cuts.numbers, cuts.at, cuts.between, every)


def of_floats(constants: Sequence[Any]) -> Cuts:
    """The cuts for a column of 64-bit floats; the constants are in order, each once."""
    nearest = [float(constant) for constant in constants]
    numbers = sorted(set(nearest))
    at = [_position(constants, Decimal(repr(number))) for number in numbers]
    between = [2 * bisect_left(nearest, number) for number in numbers]
    return _cuts(np.array(numbers, np.float64), at, [*between, 2 * len(nearest)])


def _position(constants: Sequence[Any], number: int | Decimal) -> int:
    return bisect_left(constants, number) + bisect_right(constants, number)


def _cuts(numbers: Any, at: Sequence[int], between: Sequence[int]) -> Cuts:
    return Cuts(numbers, np.array(at, np.intp), np.array(between, np.intp))
