"""One input of many actions as codes: where each value stands among the constants of all rules.

A code is a position (even between two constants, odd on one) or says that nothing was given, or
that it cannot be told here: the value does not fit, or takes more than a look at the column. What
cannot be told is decided row by row, so a column of an unforeseen type is slow but never guessed.
Where a column has the very type that was declared, codes are computed from its numbers; where not,
each different value is fitted once, as it would be in a single action.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy_engine.decision.code.support import Unfit, fit
from policy_engine.decision.columns import cuts
from policy_engine.decision.columns.data import (
    A_SECOND,
    Codes,
    Flags,
    Part,
    Places,
    coded,
    decoded,
    given,
    numbers_of,
)
from policy_engine.values.readers import LONGEST_TEXT
from policy_engine.values.types import (
    BOOLEAN,
    DATE,
    INTEGER,
    JSON,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    Scalar,
    Type,
    Union,
)

_FIRST, _LAST = (int(cuts.number_of(datetime(year, 1, 1, tzinfo=UTC))) for year in (2, 9998))
"""Microseconds between which an instant has a place in the calendar, whatever its zone."""
_SMALLEST, _LARGEST = 1e-20, 1e37
"""Sizes between which every float, written out, has at most 38 digits."""
_DIGITS = 18
"""So many digits of a decimal surely fit in 64 bits."""


class Reading(NamedTuple):
    """The codes of a column."""

    codes: Codes
    only: int | None = None
    """The code of every row, where it is one."""


@dataclass(frozen=True)
class Axis:
    """An input, its type, and in order what rules compare it with."""

    name: str
    type: Type
    constants: tuple[object, ...]

    @property
    def absent(self) -> int:
        """The code where nothing was given; those of positions are smaller."""
        return 2 * len(self.constants) + 1

    @property
    def untold(self) -> int:
        """The code where it cannot be told."""
        return self.absent + 1

    @property
    def width(self) -> int:
        """How many codes there are."""
        return self.absent + 2

    @cached_property
    def integers(self) -> cuts.Cuts:
        """The constants as cuts of a column of integers."""
        return cuts.of_integers(_numbers(self))

    @cached_property
    def floats(self) -> cuts.Cuts:
        """The constants as cuts of a column of floats."""
        return cuts.of_floats(_numbers(self))


def reading_of(axis: Axis, column: pa.Array | None) -> Reading:
    """The codes of a column; without one nothing was given."""
    if column is None or column.null_count == len(column):
        return _always(axis.absent)
    column = decoded(column)
    if pa.types.is_nested(column.type) or not isinstance(axis.type, Scalar | Union):
        return _partly(_always(axis.untold), column, axis)
    reading = None if pa.types.is_dictionary(column.type) else _natively(axis, column)
    return _partly(reading, column, axis) if reading is not None else _by_value(axis, column)


def _natively(axis: Axis, column: pa.Array) -> Reading | None:
    """By the numbers of a column of the declared type; None where it is of another."""
    kind, is_ = column.type, pa.types
    if axis.type in NUMERIC and is_.is_integer(kind):
        return _of_integers(axis, column)
    if axis.type in NUMERIC and is_.is_floating(kind):
        return _of_floats(axis, column)
    if axis.type in NUMERIC and is_.is_decimal128(kind):
        return _of_decimals(axis, column)
    if axis.type == BOOLEAN and is_.is_boolean(kind):
        return _of_truths(axis, column)
    if axis.type == TIMESTAMP and is_.is_timestamp(kind) and kind.tz:
        return _of_instants(axis, column)
    if axis.type == DATE and is_.is_date32(kind):
        return _of_days(axis, column)
    if axis.type == TEXT and not axis.constants:
        return _of_texts(axis, column)
    return None


def _of_integers(axis: Axis, column: pa.Array) -> Reading | None:
    if pa.types.is_uint64(column.type):
        most = pc.max(column).as_py()
        if most >= 2**63:
            return None
    return _ranged(axis, _integers(column))


def _of_floats(axis: Axis, column: pa.Array) -> Reading:
    numbers = numbers_of(column).astype(np.float64)
    sizes = np.abs(numbers)
    fits = (sizes < _LARGEST) & ((sizes >= _SMALLEST) | (sizes == 0))
    if axis.type == INTEGER:
        fits &= np.floor(numbers) == numbers
    return _coded(axis, numbers, axis.floats, fits)


def _of_decimals(axis: Axis, column: pa.Array) -> Reading | None:
    """Of few digits, by their digits as a whole number."""
    kind = column.type
    if kind.precision > _DIGITS or not 0 <= kind.scale <= kind.precision:
        return None
    buffer = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset :: 2]
    digits, a_whole = buffer[: len(column)], 10**kind.scale
    fits = digits % a_whole == 0 if axis.type == INTEGER and kind.scale else None
    moved = [a_whole * Fraction(number) for number in _numbers(axis)]
    return _coded(axis, digits, cuts.of_integers(moved), fits)


def _of_truths(axis: Axis, column: pa.Array) -> Reading:
    codes = np.array([_code(axis, False), _code(axis, True)], np.intp)
    truths = numbers_of(column.cast(pa.uint8()))
    if codes[0] == codes[1]:
        return _always(int(codes[0]))
    return Reading(lambda part: codes.take(truths[part].astype(np.intp)))


def _of_instants(axis: Axis, column: pa.Array) -> Reading:
    counts, a_second = _integers(column.cast(pa.int64())), A_SECOND[column.type.unit]
    if a_second > 1_000_000:
        microseconds, rest = np.divmod(counts, a_second // 1_000_000)
        fits = (rest == 0) & (microseconds >= _FIRST) & (microseconds < _LAST)
        return _ranged(axis, microseconds, fits)
    times = 1_000_000 // a_second
    fits = (counts >= _FIRST // times) & (counts < _LAST // times)
    return _ranged(axis, counts * times, fits)


def _of_days(axis: Axis, column: pa.Array) -> Reading:
    days = _integers(column.cast(pa.int32()))
    fits = (days >= cuts.number_of(date.min)) & (days <= cuts.number_of(date.max))
    return _ranged(axis, days, fits)


def _of_texts(axis: Axis, column: pa.Array) -> Reading | None:
    """Texts that no rule compares: they fit, unless one is too long."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    longest = pc.max(pc.binary_length(column)).as_py() or 0
    return _always(0) if longest <= LONGEST_TEXT else None


def _by_value(axis: Axis, column: pa.Array) -> Reading:
    """Each different value fitted for itself."""
    if axis.type == JSON:
        return _partly(_always(axis.untold), column, axis)
    try:
        found = coded(column)
    except pa.ArrowNotImplementedError:
        return _partly(_always(axis.untold), column, axis)
    codes = np.array([_code(axis, value) for value in found.values], np.intp)
    only = int(codes[0]) if bool((codes[:-1] == codes[0]).all()) and not column.null_count else None
    return Reading(lambda part: codes.take(found.at(part)), only)


def _code(axis: Axis, value: object) -> int:
    if value is None:
        return axis.absent
    try:
        fitted: Any = fit(value, axis.type)
    except (Unfit, ValueError):
        return axis.untold
    constants: Sequence[Any] = axis.constants
    if not constants:
        return 0
    return bisect_left(constants, fitted) + bisect_right(constants, fitted)


def _partly(reading: Reading, column: pa.Array, axis: Axis) -> Reading:
    """The reading where something was given."""
    if not column.null_count:
        return reading
    there = given(column)
    codes, absent = reading.codes, axis.absent
    return Reading(lambda part: np.where(there[part], codes(part), absent))


def _ranged(axis: Axis, numbers: Any, fits: Flags | None = None) -> Reading:
    return _coded(axis, numbers, axis.integers, fits)


def _coded(axis: Axis, numbers: Any, places: cuts.Cuts, fits: Flags | None) -> Reading:
    if fits is not None and bool(fits.all()):
        fits = None
    if fits is None:
        return (
            Reading(lambda part: places.positions(numbers[part])) if axis.constants else _always(0)
        )
    untold = axis.untold
    return Reading(lambda part: np.where(fits[part], places.positions(numbers[part]), untold))


def _always(code: int) -> Reading:
    def codes(part: Part) -> Places:
        rows = part.stop - part.start if isinstance(part, slice) else len(part)
        return np.full(rows, code, np.intp)

    return Reading(codes, code)


def _numbers(axis: Axis) -> list[Any]:
    return [cuts.number_of(constant) for constant in axis.constants]


def _integers(column: pa.Array) -> Any:
    """As 64-bit integers; of a null any."""
    return numbers_of(column).astype(np.int64, copy=False)
